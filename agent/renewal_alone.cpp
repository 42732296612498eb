// What a host begins without an order, and what it says where it cannot.

#include "agent/expiry.h"
#include "agent/renewal_desk.h"
#include "shared/base/random.h"
#include "shared/policy/wanted_places.h"
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
    const auto state = parts_.desired.current();
    const auto inventory = parts_.slots.inventory();
    Status problem; // of one slot; others may do better
    for (const auto& slot : inventory->slots) {
        if (auto begun = beginAlone(slot, *state, alone, patience); !begun) problem = begun;
    }
    for (const auto& slot : emptySlots(*state, *inventory)) {
        if (auto begun = beginAlone(slot, *state, alone, patience); !begun) problem = begun;
    }
    return problem;
}

Status RenewalDesk::beginAlone(
    const model::Slot& slot, const DesiredState& state, Alone alone, Duration patience)
{
    const auto now = parts_.clock.now();
    const auto* policy = state.policyFor(slot);
    if (policy == nullptr) return {};
    const bool expired = now >= slot.certificate.notAfter;
    const bool mayRename = policy->place && !expired;
    const auto next = mayRename ? nextOf(slot, state, *policy) : rules::NextEnrollment{};
    // By a clock in doubt it has expired: what the CA gives would be rejected by the same one.
    if (alone == Alone::Doubt && expired) return {};
    Status told;
    if ((expired || next.forNames) && !isOpen(slot.id)) // an open one ends first, well or not
        told = tellOfExpiry(slot, state, *policy);
    const bool forNames = next.forNames && next.way == rules::Way::Credential;
    // Names that nobody has asked for yet are no repetition.
    const bool newWish =
        forNames && parts_.slots.fortuneOf(slot.id).namesTried.names != joined(next.names);
    if (isOpen(slot.id) || isPaused(slot) || !(newWish || mayTryAlone(slot, now))) return told;
    const auto moment = forNames && alone != Alone::Doubt
                            ? rules::insideWindow(policy->window, now,
                                  rules::autonomousTime(slot.certificate, *policy))
                            : momentAlone(slot, *policy, alone, patience);
    if (!slot.isEmpty() && now < moment) return told;
    if (expired && nextOf(slot, state, *policy).way == rules::Way::ByHand) return told;
    const auto order = ownOrder(slot, state, *policy, model::Origin::AgentAlone,
        slot.isEmpty()            ? "nothing is at its place yet"
        : expired                 ? "the certificate has expired"
        : forNames                ? "the policy wants other names"
        : alone == Alone::Planned ? "the renewal window has opened"
                                  : "no order came although the certificate nears its end",
        parts_.clock.preciseNow(), parts_.slots.fortuneOf(slot.id).generation);
    const auto begun = begin(order, slot, state, *policy);
    return begun ? told : begun.error();
}

// Once for each certificate and way; remembered after it was told, so rather twice than never.
Status RenewalDesk::tellOfExpiry(
    const model::Slot& slot, const DesiredState& state, const model::CertificatePolicy& policy)
{
    const auto tried = parts_.slots.fortuneOf(slot.id).namesTried;
    const auto look = slot.certificate.fingerprint.text() + " " + state.commit +
                      (tried.times == 0 ? "" : " " + tried.order.text());
    auto& looked = lookedAtExpiry_[slot.id];
    if (looked == look) return {};
    const auto next = nextOf(slot, state, policy);
    const auto way = nameOf(next.way);
    const auto told = slot.certificate.fingerprint.text() + " " + way +
                      (next.forNames ? " " + joined(policy::wantedNames(policy, state.host)) : "");
    if (parts_.slots.fortuneOf(slot.id).toldExpiry != told) {
        auto event = slotEvent("slot.enrollment_needed", slot, expiryText(slot, policy, next));
        const bool byCredential = next.way == rules::Way::Credential;
        event.outcome = byCredential ? model::Outcome::Unknown : model::Outcome::Failure;
        event.details["way"] = way;
        if (!slot.isEmpty()) event.details["not_after"] = toRfc3339(slot.certificate.notAfter);
        if (next.forNames || slot.isEmpty())
            event.details["names"] = joined(policy::wantedNames(policy, state.host));
        if (byCredential) event.details["credential"] = policy.enroll->credential;
        if (auto published = parts_.publish({event}); !published) return published;
        if (auto kept = parts_.slots.toldOfExpiry(slot.id, told); !kept) return kept;
    }
    looked = look;
    return {};
}

Result<model::OrderId> RenewalDesk::renewNow(const model::SlotId& wanted)
{
    const std::lock_guard beginning(beginning_);
    const auto slot = slotOf(wanted);
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
