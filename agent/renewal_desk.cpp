#include "agent/renewal_desk.h"

#include "agent/expiry.h"
#include "agent/listener_address.h"
#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr int besidePatience = 5;
constexpr std::size_t mostNeighbours = 500; // each costs two handshakes
constexpr Duration toldAgain = std::chrono::hours(1);

// What else the slot's service showed at the last scan, each address and name once.
std::vector<model::Listener> neighboursOf(
    const model::Slot& slot, const model::InventoryReport& inventory)
{
    const auto sameAs = [](const model::Listener& one) {
        return [&one](const model::Listener& other) { return addressOf(other) == addressOf(one); };
    };
    const auto isAmong = [&](const std::vector<model::Listener>& all, const model::Listener& one) {
        return std::any_of(all.begin(), all.end(), sameAs(one));
    };
    std::vector<model::Listener> neighbours;
    if (slot.service.empty()) return neighbours;
    for (const auto& other : inventory.slots) {
        if (other.id == slot.id || other.service != slot.service) continue;
        for (const auto& listener : other.listeners) {
            if (listener.served.empty() || isAmong(slot.listeners, listener) ||
                isAmong(neighbours, listener))
                continue;
            if (neighbours.size() == mostNeighbours) return neighbours;
            neighbours.push_back(listener);
        }
    }
    return neighbours;
}

} // namespace

Status RenewalDesk::load()
{
    const auto renewals = parts_.journal.all();
    if (!renewals) return renewals.error();
    const std::lock_guard lock(mutex_);
    for (const auto& renewal : *renewals) {
        if (!renewal.isDoneWith()) open_[renewal.order.id] = renewal;
    }
    return {};
}

bool RenewalDesk::isOpen(const model::SlotId& slot) const
{
    const std::lock_guard lock(mutex_);
    return std::any_of(open_.begin(), open_.end(),
        [&](const auto& entry) { return entry.second.order.slot == slot; });
}

Status RenewalDesk::take(const model::Order& order, bool heardAll)
{
    const std::lock_guard beginning(beginning_);
    {
        const std::lock_guard lock(mutex_);
        const auto answered = answered_.find(order.id);
        const bool lately = answered != answered_.end() &&
                            (!heardAll || parts_.clock.monotonic() < answered->second + toldAgain);
        if (open_.count(order.id) != 0 || lately) return {};
    }
    const auto known = parts_.journal.load(order.id);
    if (known) return heardAll && isFinal(known->stage) ? tellAgain(*known) : Status();
    if (known.error().kind != ErrorKind::NotFound) return known.error();
    if (isOpen(order.slot)) return {};
    if (parts_.slots.inventory()->scannedAt == TimePoint()) return {}; // the first scan comes first
    const auto slot = parts_.slots.find(order.slot);
    if (!slot) return refuse(order, "renewal.abandoned", "this host has no such slot (any more)");
    if (slot->certificate.fingerprint != order.replaces)
        return refuse(order, "renewal.already_done",
            "another certificate is in the slot: serial " + slot->certificate.serial);
    const auto state = parts_.desired.current();
    const auto* policy = state->policyFor(*slot);
    if (policy == nullptr || policy->name != order.policy) {
        // The order may be ahead of the documents: then they come first.
        if (order.policyCommit != state->commit) return {};
        return refuse(order, "renewal.abandoned",
            "policy " + toPrintable(order.policy, 100) + " does not rule this slot on this host");
    }
    if (isPaused(*slot)) return {}; // the controller heard of it; the order waits
    const auto next = nextOf(*slot, *state, *policy);
    if (next.way == rules::Way::ByHand)
        return refuse(order, "renewal.abandoned", expiryText(*slot, *policy, next));
    // However many orders come: a credential is shown no oftener than the agent alone would.
    if (next.way == rules::Way::Credential && !mayTryAlone(*slot, parts_.clock.now())) return {};
    const auto begun = begin(order, *slot, *state, *policy);
    return begun ? Status() : begun.error();
}

rules::NextEnrollment RenewalDesk::nextOf(const model::Slot& slot, const DesiredState& state,
    const model::CertificatePolicy& policy) const
{
    return agent::nextOf(slot, state, policy, parts_.slots.fortuneOf(slot.id), parts_.credentials,
        parts_.clock.now());
}

std::optional<model::Slot> RenewalDesk::slotOf(const model::SlotId& id) const
{
    if (auto slot = parts_.slots.find(id)) return slot;
    for (auto& slot : emptySlots(*parts_.desired.current(), *parts_.slots.inventory())) {
        if (slot.id == id) return std::move(slot);
    }
    return std::nullopt;
}

// Another renewal of the same service has placed its pair and looks at what is served: two at once
// would each take the other's certificate for a mistake of its own. One that cannot come to its end
// holds nobody back for ever.
bool RenewalDesk::isBeside(const Renewal& renewal) const
{
    const auto own = slotOf(renewal.order.slot);
    if (!own || own->service.empty()) return false;
    const auto others = open();
    return std::any_of(others.begin(), others.end(), [&](const Renewal& other) {
        if (!std::holds_alternative<Installed>(other.stage) || other.failures >= besidePatience)
            return false;
        const auto slot = slotOf(other.order.slot);
        return other.order.id != renewal.order.id && slot && slot->service == own->service;
    });
}

// What has touched the files goes on: half-way is no place to pause.
bool RenewalDesk::waits(const Renewal& renewal, bool quarantined) const
{
    if (!isBeforePlacing(renewal.stage)) return false;
    if (quarantined) return true;
    const auto slot = slotOf(renewal.order.slot);
    return slot && isPaused(*slot);
}

model::AuditEvent RenewalDesk::slotEvent(
    const std::string& kind, const model::Slot& slot, const std::string& reason) const
{
    const auto state = parts_.desired.current();
    const auto* policy = state->policyFor(slot);
    Renewal renewal;
    renewal.order.agent = state->host.agent;
    renewal.order.slot = slot.id;
    renewal.order.policy = policy == nullptr ? "" : policy->name;
    renewal.order.policyCommit = state->commit;
    renewal.oldChainPem = slot.certificatePem;
    auto event =
        renewalEvent(renewal, kind, parts_.clock.preciseNow(), model::Outcome::Success, reason);
    if (policy == nullptr) event.policy = state->commit;
    return event;
}

Status RenewalDesk::refuse(
    const model::Order& order, const std::string& kind, const std::string& reason)
{
    Renewal renewal;
    renewal.order = order;
    const auto outcome =
        kind == "renewal.already_done" ? model::Outcome::Success : model::Outcome::Failure;
    const auto event = renewalEvent(renewal, kind, parts_.clock.preciseNow(), outcome, reason);
    if (auto published = parts_.publish({event}); !published) return published;
    const std::lock_guard lock(mutex_);
    answered_[order.id] = parts_.clock.monotonic();
    return {};
}

Status RenewalDesk::tellAgain(const Renewal& ended)
{
    const auto* abandoned = std::get_if<Abandoned>(&ended.stage);
    if (abandoned == nullptr)
        return refuse(ended.order, "renewal.already_done",
            "this order was carried out before; the controller has forgotten it");
    return refuse(ended.order, abandoned->rolledBack ? "renewal.rolled_back" : "renewal.abandoned",
        abandoned->reason);
}

// False: it was refused, and the refusal told.
Result<bool> RenewalDesk::begin(const model::Order& order, const model::Slot& slot,
    const DesiredState& state, const model::CertificatePolicy& policy)
{
    const auto* service = state.set.findService(policy.enrollmentService);
    if (service == nullptr) {
        const auto refused = refuse(order, "renewal.abandoned",
            "there is no enrollment service " + policy.enrollmentService);
        return refused ? Result<bool>(false) : refused.error();
    }
    Renewal renewal;
    renewal.order = order;
    renewal.place = slot.place;
    renewal.listeners = slot.listeners;
    renewal.neighbours = neighboursOf(slot, *parts_.slots.inventory());
    renewal.oldChainPem = slot.certificatePem;
    renewal.policy = policy;
    renewal.service = *service;
    const auto next = nextOf(slot, state, policy);
    if (next.way == rules::Way::Credential)
        renewal.enrollment = Enrollment{policy.enroll->credential, policy.enroll->templateName,
            next.names, policy.keyType == "same" ? slot.certificate.keyType : policy.keyType,
            next.forNames};
    auto begun = parts_.runner.begin(std::move(renewal));
    if (!begun) return begun.error();
    const std::lock_guard lock(mutex_);
    open_[order.id] = *std::move(begun);
    return true;
}

RenewalDesk::Advance RenewalDesk::advance(bool quarantined)
{
    Advance advance;
    for (const auto& listed : open()) {
        if (!parts_.runner.isDue(listed) || waits(listed, quarantined)) continue;
        auto before = takeUp(listed.order.id);
        const bool hadEnded = isFinal(before.stage);
        auto renewal = advanceOne(std::move(before));
        if (renewal.unsaved)
            advance.problem = Error{ErrorKind::Internal, renewal.unsaved->why};
        else if (isFinal(renewal.stage)) {
            if (auto settled = settle(renewal); settled)
                renewal = parts_.runner.conclude(std::move(renewal));
            else
                advance.problem = settled;
        }
        advance.ended = advance.ended || (!hadEnded && isFinal(renewal.stage));
        const std::lock_guard lock(mutex_);
        working_.reset();
        const auto id = renewal.order.id;
        if (renewal.isDoneWith() && !renewal.unsaved)
            open_.erase(id);
        else
            open_[id] = std::move(renewal);
    }
    return advance;
}

Renewal RenewalDesk::takeUp(const model::OrderId& id)
{
    const std::lock_guard lock(mutex_);
    working_ = id;
    return open_.at(id);
}

// Nothing was placed yet, and what has happened meanwhile ends it.
std::optional<Renewal> RenewalDesk::givenUp(const Renewal& renewal) const
{
    const auto state = parts_.desired.current();
    const auto slot = slotOf(renewal.order.slot);
    const bool wanted = slot && state->policyFor(*slot) != nullptr;
    if (!wanted && state->held && (slot || renewal.isFirst()))
        return parts_.runner.giveUpUnruled(renewal);
    if (!slot) return std::nullopt;
    const auto now = parts_.clock.now();
    if (slot->certificate.fingerprint != renewal.order.replaces) {
        // An empty place that has been filled, or the other way round.
        if (slot->isEmpty()) return std::nullopt;
        return parts_.runner.giveUpChanged(
            renewal, "another certificate is in the slot: serial " + slot->certificate.serial);
    }
    // What has its new certificate already needs the old one's key no more.
    if (std::holds_alternative<AwaitingAcceptance>(renewal.stage)) return std::nullopt;
    if (!renewal.enrollment && now >= slot->certificate.notAfter)
        return parts_.runner.giveUpExpired(renewal);
    if (renewal.isForNames() && now >= rules::autonomousTime(slot->certificate, renewal.policy))
        return parts_.runner.giveUpNames(renewal);
    return std::nullopt;
}

Renewal RenewalDesk::advanceOne(Renewal renewal)
{
    if (!renewal.unsaved && isBeforePlacing(renewal.stage)) {
        if (auto given = givenUp(renewal)) return *std::move(given);
        const auto state = parts_.desired.current();
        const auto* policy = state->set.findPolicy(renewal.policy.name);
        const auto* service =
            policy == nullptr ? nullptr : state->set.findService(policy->enrollmentService);
        if (renewal.failures > 0 && service != nullptr) renewal.service = *service;
        if (policy != nullptr) renewal.policy.onTemplateChange = policy->onTemplateChange;
    }
    return parts_.runner.run(
        std::move(renewal), [this](const Renewal& ready) { return !isBeside(ready); });
}

// May be repeated: the table knows which renewal it heard of last.
Status RenewalDesk::settle(const Renewal& finished)
{
    const auto& order = finished.order;
    const auto* abandoned = std::get_if<Abandoned>(&finished.stage);
    if (finished.isForNames()) {
        const auto kept = parts_.slots.triedNames(order.slot,
            {joined(finished.enrollment->names),
                abandoned ? abandoned->reason : "the CA gave other names than asked for",
                parts_.clock.now(), 0, order.id});
        if (!kept || abandoned) return kept;
    }
    if (const auto* completed = std::get_if<Completed>(&finished.stage))
        return parts_.slots.completed(
            order.slot, order.id, completed->chainPem, parts_.clock.now());
    if (abandoned->overtaken) return {};
    return parts_.slots.failed(order.slot, order.id, parts_.clock.now());
}

std::vector<Renewal> RenewalDesk::open() const
{
    const std::lock_guard lock(mutex_);
    std::vector<Renewal> renewals;
    for (const auto& [id, renewal] : open_)
        renewals.push_back(renewal);
    return renewals;
}

} // namespace perennial::agent
