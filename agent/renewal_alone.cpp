// What a host begins without an order, and what it says where it cannot.

#include "agent/expiry.h"
#include "agent/renewal_desk.h"
#include "shared/base/random.h"
#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr Duration repeatAfterFailure = std::chrono::hours(1);
constexpr Duration longestRepeat = std::chrono::hours(24);

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

} // namespace

bool RenewalDesk::mayTryAlone(const model::Slot& slot, TimePoint now) const
{
    const auto fortune = parts_.slots.fortuneOf(slot.id);
    const auto end = slot.certificate.notAfter;
    // A certificate that is due again as soon as it is there: then it is the clock that is wrong.
    const auto half = std::max(end - fortune.lastCompletion, Duration::zero()) / 2;
    const bool renewedBefore = fortune.lastCompletion != TimePoint();
    if (renewedBefore && !hasCome(fortune.lastCompletion + half, now, half)) return false;
    // What failed with the key while it was good says nothing of the credential.
    const bool before = now >= end && fortune.lastFailure < end;
    if (fortune.failures == 0 || before) return true;
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
        if (policy == nullptr) continue;
        const bool expired = now >= slot.certificate.notAfter;
        // By a clock in doubt it has expired: what the CA gives would be rejected by the same one.
        if (alone == Alone::Doubt && expired) continue;
        if (expired && !isOpen(slot.id)) { // an open one ends first, well or not
            if (auto told = tellOfExpiry(slot, *state, *policy); !told) problem = told;
        }
        if (isOpen(slot.id) || isPaused(slot) || !mayTryAlone(slot, now)) continue;
        if (now < momentAlone(slot, *policy, alone, patience)) continue;
        if (nextOf(slot, *state, *policy).way == rules::Way::ByHand) continue;
        const auto order = ownOrder(slot, *state, *policy, model::Origin::AgentAlone,
            expired                   ? "the certificate has expired"
            : alone == Alone::Planned ? "the renewal window has opened"
                                      : "no order came although the certificate nears its end",
            parts_.clock.preciseNow(), parts_.slots.fortuneOf(slot.id).generation);
        if (auto begun = begin(order, slot, *state, *policy); !begun)
            problem = begun.error(); // of this slot; others may do better
    }
    return problem;
}

// Once for each certificate and way; remembered after it was told, so rather twice than never.
Status RenewalDesk::tellOfExpiry(
    const model::Slot& slot, const DesiredState& state, const model::CertificatePolicy& policy)
{
    const auto look = slot.certificate.fingerprint.text() + " " + state.commit;
    auto& looked = lookedAtExpiry_[slot.id];
    if (looked == look) return {};
    const auto next = nextOf(slot, state, policy);
    const auto way = nameOf(next.way);
    const auto told = slot.certificate.fingerprint.text() + " " + way;
    if (parts_.slots.fortuneOf(slot.id).toldExpiry != told) {
        auto event = slotEvent("slot.enrollment_needed", slot, expiryText(slot, policy, next));
        const bool byHand = next.way == rules::Way::ByHand;
        event.outcome = byHand ? model::Outcome::Failure : model::Outcome::Unknown;
        event.details = {{"way", way}, {"not_after", toRfc3339(slot.certificate.notAfter)}};
        if (!byHand) event.details["credential"] = policy.enroll->credential;
        if (auto published = parts_.publish({event}); !published) return published;
        if (auto kept = parts_.slots.toldOfExpiry(slot.id, told); !kept) return kept;
    }
    looked = look;
    return {};
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
    const auto next = nextOf(*slot, *state, *policy);
    if (next.way == rules::Way::ByHand)
        return Error{ErrorKind::InvalidInput, expiryText(*slot, *policy, next)};
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

} // namespace perennial::agent
