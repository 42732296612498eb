#include "agent/renewal_desk.h"

#include "shared/base/random.h"
#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr Duration repeatAfterFailure = std::chrono::hours(1);

model::Order ownOrder(const model::Slot& slot, const DesiredState& state,
    const model::CertificatePolicy& policy, model::Origin origin, const std::string& reason,
    PreciseTime now)
{
    model::Order order;
    const char* prefix = origin == model::Origin::HostAdmin ? "host-" : "alone-";
    order.id = model::OrderId(prefix + uuidV7(now));
    order.agent = state.host.agent;
    order.slot = slot.id;
    order.replaces = slot.certificate.fingerprint;
    order.policy = policy.name;
    order.policyCommit = state.commit;
    order.reason = reason;
    order.origin = origin;
    order.orderedAt = std::chrono::floor<Duration>(now);
    return order;
}

} // namespace

Status RenewalDesk::load()
{
    const auto renewals = parts_.journal.all();
    if (!renewals) return renewals.error();
    const std::lock_guard lock(mutex_);
    for (const auto& renewal : *renewals) {
        if (isFinal(renewal.stage)) {
            // Its last events may not have reached the queue.
            if (auto published = parts_.publish(renewal.events); !published) return published;
            continue;
        }
        open_[renewal.order.id] = renewal;
    }
    return {};
}

bool RenewalDesk::isOpen(const model::SlotId& slot) const
{
    const std::lock_guard lock(mutex_);
    return std::any_of(open_.begin(), open_.end(),
        [&](const auto& entry) { return entry.second.order.slot == slot; });
}

Status RenewalDesk::take(const model::Order& order)
{
    {
        const std::lock_guard lock(mutex_);
        if (open_.count(order.id) != 0 || answered_.count(order.id) != 0) return {};
    }
    if (parts_.journal.load(order.id)) return {};
    if (isOpen(order.slot)) return {};
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
    return begin(order, *slot, *state, *policy);
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
    answered_.insert(order.id);
    return {};
}

Status RenewalDesk::begin(const model::Order& order, const model::Slot& slot,
    const DesiredState& state, const model::CertificatePolicy& policy)
{
    const auto* service = state.set.findService(policy.enrollmentService);
    if (service == nullptr)
        return refuse(order, "renewal.abandoned",
            "there is no enrollment service " + policy.enrollmentService);
    Renewal renewal;
    renewal.order = order;
    renewal.place = slot.place;
    renewal.listeners = slot.listeners;
    renewal.oldChainPem = slot.certificatePem;
    renewal.policy = policy;
    renewal.service = *service;
    auto begun = parts_.runner.begin(std::move(renewal));
    if (!begun) return begun.error();
    const std::lock_guard lock(mutex_);
    open_[order.id] = *std::move(begun);
    return {};
}

bool RenewalDesk::mayTryAlone(const model::Slot& slot, TimePoint now) const
{
    const auto fortune = parts_.slots.fortuneOf(slot.id);
    if (fortune.failures == 0) return true;
    const auto wait =
        retryDelay(repeatAfterFailure, fortune.failures, slot.certificate.notAfter - now);
    return now >= fortune.lastFailure + wait;
}

TimePoint RenewalDesk::momentAlone(
    const model::Slot& slot, const model::CertificatePolicy& policy, Alone alone, Duration patience)
{
    const auto last = rules::autonomousTime(slot.certificate, policy);
    if (alone == Alone::Planned)
        return rules::insideWindow(
            policy.window, rules::renewalTime(slot.certificate, policy), last);
    if (alone == Alone::Silence) return last;
    const auto seen = firstSeen_.try_emplace(slot.id, parts_.clock.now()).first->second;
    // Being patient must not eat up what is left.
    const auto bounded = std::min(patience, (slot.certificate.notAfter - seen) / 10);
    return std::max(last, seen) + bounded;
}

Status RenewalDesk::goAlone(Alone alone, Duration patience)
{
    const auto now = parts_.clock.now();
    const auto state = parts_.desired.current();
    const auto inventory = parts_.slots.inventory();
    for (const auto& slot : inventory->slots) {
        const auto* policy = state->policyFor(slot);
        if (policy == nullptr || isOpen(slot.id) || !mayTryAlone(slot, now)) continue;
        if (now < momentAlone(slot, *policy, alone, patience)) continue;
        const auto order = ownOrder(slot, *state, *policy, model::Origin::AgentAlone,
            alone == Alone::Planned ? "the renewal window has opened"
                                    : "no order came although the certificate nears its end",
            parts_.clock.preciseNow());
        if (auto begun = begin(order, slot, *state, *policy); !begun) return begun;
    }
    return {};
}

Result<model::OrderId> RenewalDesk::renewNow(const model::SlotId& wanted)
{
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
    const auto order = ownOrder(*slot, *state, *policy, model::Origin::HostAdmin,
        "the host's administrator asked for it", parts_.clock.preciseNow());
    if (auto begun = begin(order, *slot, *state, *policy); !begun) return begun.error();
    return order.id;
}

Result<bool> RenewalDesk::advance()
{
    bool ended = false;
    for (auto renewal : open()) {
        if (parts_.clock.now() < renewal.nextTry) continue;
        auto ran = parts_.runner.run(std::move(renewal));
        if (!ran) return ran.error();
        const bool final = isFinal(ran->stage);
        if (final) {
            if (auto settled = settle(*ran); !settled) return settled.error();
            ended = true;
        }
        const std::lock_guard lock(mutex_);
        if (final)
            open_.erase(ran->order.id);
        else
            open_[ran->order.id] = *std::move(ran);
    }
    return ended;
}

Status RenewalDesk::settle(const Renewal& finished)
{
    if (std::holds_alternative<Completed>(finished.stage))
        return parts_.slots.completed(finished.order.slot);
    return parts_.slots.failed(finished.order.slot, parts_.clock.now());
}

std::vector<Renewal> RenewalDesk::open() const
{
    const std::lock_guard lock(mutex_);
    std::vector<Renewal> renewals;
    for (const auto& [id, renewal] : open_)
        renewals.push_back(renewal);
    return renewals;
}

std::optional<TimePoint> RenewalDesk::nextTry() const
{
    const std::lock_guard lock(mutex_);
    std::optional<TimePoint> next;
    for (const auto& [id, renewal] : open_) {
        if (!next || renewal.nextTry < *next) next = renewal.nextTry;
    }
    return next;
}

} // namespace perennial::agent
