#include "agent/renewal_desk.h"

#include "agent/listener_address.h"
#include "shared/base/random.h"
#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr Duration repeatAfterFailure = std::chrono::hours(1);
constexpr Duration longestRepeat = std::chrono::hours(24);
constexpr int besidePatience = 5;
constexpr std::size_t mostNeighbours = 500; // each costs two handshakes
constexpr Duration toldAgain = std::chrono::hours(1);

model::Order ownOrder(const model::Slot& slot, const DesiredState& state,
    const model::CertificatePolicy& policy, model::Origin origin, const std::string& reason,
    PreciseTime now, std::int64_t generation)
{
    model::Order order;
    const char* prefix = origin == model::Origin::HostAdmin ? "host-" : "alone-";
    order.id = model::OrderId(prefix + uuidV7(now));
    order.agent = state.host.agent;
    order.slot = slot.id;
    order.generation = generation;
    order.replaces = slot.certificate.fingerprint;
    order.policy = policy.name;
    order.policyCommit = state.commit;
    order.reason = reason;
    order.origin = origin;
    order.orderedAt = std::chrono::floor<Duration>(now);
    return order;
}

// What else the slot's service showed at the last scan, each address and name once.
std::vector<model::Listener> neighboursOf(
    const model::Slot& slot, const model::InventoryReport& inventory)
{
    const auto sameAs = [](const model::Listener& one) {
        return [&one](const model::Listener& other) {
            return addressOf(other) == addressOf(one);
        };
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
    const auto begun = begin(order, *slot, *state, *policy);
    return begun ? Status() : begun.error();
}

// Another renewal of the same service has placed its pair and looks at what is served: two at once
// would each take the other's certificate for a mistake of its own. One that cannot come to its end
// holds nobody back for ever.
bool RenewalDesk::isBeside(const Renewal& renewal) const
{
    const auto own = parts_.slots.find(renewal.order.slot);
    if (!own || own->service.empty()) return false;
    const auto others = open();
    return std::any_of(others.begin(), others.end(), [&](const Renewal& other) {
        if (!std::holds_alternative<Installed>(other.stage) || other.failures >= besidePatience)
            return false;
        const auto slot = parts_.slots.find(other.order.slot);
        return other.order.id != renewal.order.id && slot && slot->service == own->service;
    });
}

// What has touched the files goes on: half-way is no place to pause.
bool RenewalDesk::waits(const Renewal& renewal, bool quarantined) const
{
    if (std::holds_alternative<CertificateReady>(renewal.stage)) return isBeside(renewal);
    if (!isBeforePlacing(renewal.stage)) return false;
    if (quarantined) return true;
    const auto slot = parts_.slots.find(renewal.order.slot);
    return slot && isPaused(*slot);
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
    auto begun = parts_.runner.begin(std::move(renewal));
    if (!begun) return begun.error();
    const std::lock_guard lock(mutex_);
    open_[order.id] = *std::move(begun);
    return true;
}

bool RenewalDesk::mayTryAlone(const model::Slot& slot, TimePoint now) const
{
    const auto fortune = parts_.slots.fortuneOf(slot.id);
    const auto end = slot.certificate.notAfter;
    // A certificate that is due again as soon as it is there: then it is the clock that is wrong.
    const auto half = std::max(end - fortune.lastCompletion, Duration::zero()) / 2;
    const bool renewedBefore = fortune.lastCompletion != TimePoint();
    if (renewedBefore && !hasCome(fortune.lastCompletion + half, now, half)) return false;
    if (fortune.failures == 0) return true;
    const auto wait = retryDelay(repeatAfterFailure, fortune.failures, end - now, longestRepeat);
    return hasCome(fortune.lastFailure + wait, now, wait);
}

TimePoint RenewalDesk::momentAlone(
    const model::Slot& slot, const model::CertificatePolicy& policy, Alone alone, Duration patience)
{
    const auto last = rules::autonomousTime(slot.certificate, policy);
    const auto end = slot.certificate.notAfter;
    if (alone == Alone::Planned)
        return rules::insideWindow(
            policy.window, rules::renewalTime(slot.certificate, policy), last);
    if (alone == Alone::Silence) return last;
    if (alone == Alone::Doubt)
        return std::max(last, rules::endOfCaution(slot.certificate.notBefore, end));
    const auto now = parts_.clock.now();
    auto& seen = firstSeen_.try_emplace(slot.id, now).first->second;
    seen = std::min(seen, now); // the clock was put back
    // Being patient must not eat up what is left.
    const auto bounded = std::clamp((end - seen) / 10, Duration::zero(), patience);
    return std::max(last, seen) + bounded;
}

Status RenewalDesk::goAlone(Alone alone, Duration patience)
{
    if (alone == Alone::Quarantine) return {};
    const std::lock_guard beginning(beginning_);
    const auto now = parts_.clock.now();
    const auto state = parts_.desired.current();
    const auto inventory = parts_.slots.inventory();
    Status problem;
    for (const auto& slot : inventory->slots) {
        const auto* policy = state->policyFor(slot);
        if (policy == nullptr || isOpen(slot.id) || isPaused(slot) || !mayTryAlone(slot, now))
            continue;
        if (now < momentAlone(slot, *policy, alone, patience)) continue;
        // By a clock in doubt it has expired: what the CA gives would be rejected by the same one.
        if (alone == Alone::Doubt && now >= slot.certificate.notAfter) continue;
        const auto order = ownOrder(slot, *state, *policy, model::Origin::AgentAlone,
            alone == Alone::Planned ? "the renewal window has opened"
                                    : "no order came although the certificate nears its end",
            parts_.clock.preciseNow(), parts_.slots.fortuneOf(slot.id).generation);
        if (auto begun = begin(order, slot, *state, *policy); !begun)
            problem = begun.error(); // of this slot; others may do better
    }
    return problem;
}

Result<model::OrderId> RenewalDesk::renewNow(const model::SlotId& wanted)
{
    const std::lock_guard beginning(beginning_);
    const auto slot = parts_.slots.find(wanted);
    if (!slot)
        return Error{
            ErrorKind::NotFound, "this host has no slot " + toPrintable(wanted.text(), 64)};
    const auto state = parts_.desired.current();
    const auto* policy = state->policyFor(*slot);
    if (policy == nullptr)
        return Error{
            ErrorKind::InvalidInput, "no policy rules " + wanted.text() + ": it is only watched"};
    if (isOpen(wanted))
        return Error{ErrorKind::Conflict, "a renewal of " + wanted.text() + " is under way"};
    if (isPaused(*slot))
        return Error{ErrorKind::Conflict,
            wanted.text() + " is paused: `perennial-agent resume " + wanted.text() + "` first"};
    const auto order = ownOrder(*slot, *state, *policy, model::Origin::HostAdmin,
        "the host's administrator asked for it", parts_.clock.preciseNow(),
        parts_.slots.fortuneOf(wanted).generation);
    const auto begun = begin(order, *slot, *state, *policy);
    if (!begun) return begun.error();
    if (!*begun)
        return Error{ErrorKind::InvalidInput,
            "there is no enrollment service " + toPrintable(policy->enrollmentService, 100)};
    return order.id;
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

Renewal RenewalDesk::advanceOne(Renewal renewal)
{
    if (!renewal.unsaved && isBeforePlacing(renewal.stage)) {
        const auto slot = parts_.slots.find(renewal.order.slot);
        if (slot && slot->certificate.fingerprint != renewal.order.replaces)
            return parts_.runner.giveUpChanged(std::move(renewal),
                "another certificate is in the slot: serial " + slot->certificate.serial);
        const auto state = parts_.desired.current();
        const auto* policy = state->set.findPolicy(renewal.policy.name);
        const auto* service =
            policy == nullptr ? nullptr : state->set.findService(policy->enrollmentService);
        if (renewal.failures > 0 && service != nullptr) renewal.service = *service;
        if (policy != nullptr) renewal.policy.onTemplateChange = policy->onTemplateChange;
    }
    return parts_.runner.run(std::move(renewal));
}

// May be repeated: the table knows which renewal it heard of last.
Status RenewalDesk::settle(const Renewal& finished)
{
    const auto& order = finished.order;
    if (const auto* completed = std::get_if<Completed>(&finished.stage))
        return parts_.slots.completed(
            order.slot, order.id, completed->chainPem, parts_.clock.now());
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
