#include "agent/retirement.h"

#include "agent/renewal/renewal_events.h"
#include "agent/renewal/renewal_runner.h"
#include "shared/base/encoding.h"
#include "shared/base/random.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr Duration longestWait = std::chrono::hours(24);

// Where the old one is on this host; empty: nowhere.
std::string placeOf(const std::string& fingerprint, const model::InventoryReport& inventory)
{
    for (const auto& slot : inventory.slots) {
        if (slot.certificate.fingerprint.text() == fingerprint) return slot.place.certificatePath;
        for (const auto& listener : slot.listeners) {
            if (listener.served.text() == fingerprint)
                return listener.host + ":" + std::to_string(listener.port);
        }
    }
    return {};
}

} // namespace

struct Retirement::Question {
    model::Slot slot; // as it is now
    std::shared_ptr<const DesiredState> state;
    const model::CertificatePolicy& policy;
};

Status Retirement::runIfDue()
{
    const auto now = parts_.clock.monotonic();
    if (now < next_) return {};
    next_ = now + parts_.every;
    const auto all = parts_.archive.all();
    if (!all) return all.error();
    for (const auto& one : *all) {
        auto done = one.keyKept.empty() ? revokeIfWanted(one) : lookAtKey(one);
        if (!done) return done;
    }
    return {};
}

// The installer destroys it by itself; here it is only learned.
Status Retirement::lookAtKey(Superseded one)
{
    if (!mayTry(one)) return {};
    Renewal ended;
    ended.order.id = one.order;
    const auto kept = parts_.installer.finish(ended);
    const bool forgotten = !kept && kept.error().kind == ErrorKind::NotFound; // long ago
    if (!forgotten && (!kept || !kept->empty())) return {};
    tries_.erase(one.order);
    one.keyKept.clear();
    if (auto told = tell(one, "key.destroyed", ""); !told) return told;
    return parts_.archive.change(one);
}

Status Retirement::revokeIfWanted(Superseded one)
{
    const auto slot = parts_.slots.find(one.slot);
    const auto state = parts_.desired.current();
    const auto* policy = slot ? state->policyFor(*slot) : nullptr;
    const auto now = parts_.clock.now();
    const auto old = x509::Certificate::fromPem(one.certificatePem);
    if (one.revoked || policy == nullptr || policy->superseded != model::Superseded::Revoke ||
        !old || now >= old->notAfter() || now < one.retiredAt + parts_.every || !mayTry(one))
        return {};
    const Question question{*slot, state, *policy};
    auto why = whyNot(one, question);
    if (why.empty()) {
        const auto asked = ask(question);
        one.revoked = asked.ok();
        if (!asked) why = asked.error().message;
    }
    if (!one.revoked && why == one.notRevoked) return {};
    one.notRevoked = toPrintable(why, 1000);
    const auto problem =
        one.revoked ? "" : "not revoked: " + one.notRevoked + "; " + revocationByHand(*old);
    if (auto told = tell(one, "certificate.revocation_asked", problem); !told) return told;
    return parts_.archive.change(one);
}

std::string Retirement::whyNot(const Superseded& one, const Question& question)
{
    const auto& slot = question.slot;
    const auto* service = question.state->set.findService(question.policy.enrollmentService);
    if (service == nullptr || service->revocationUrl.empty())
        return "enrollment-service " + question.policy.enrollmentService +
               " has no revocation_url: CES has no question for it";
    if (toPrintable(slot.certificate.serial, 100) != one.newSerial)
        return "what replaced it is not in place, and only that can ask";
    const auto inventory = parts_.slots.inventory();
    if (inventory->scannedAt < one.retiredAt) return "no scan has looked since it was replaced";
    const auto old = x509::Certificate::fromPem(one.certificatePem);
    if (const auto place = placeOf(old->fingerprint(), *inventory); !place.empty())
        return "it is still in use: " + place;
    auto answering = slot.listeners;
    std::erase_if(answering, [](const auto& listener) { return listener.served.empty(); });
    if (answering.empty()) return "no listener shows the new one, so nothing proves that it serves";
    const auto seen = parts_.eyes.seesServed(answering, slot.certificate.fingerprint.text());
    return seen ? "" : "the new one is not served: " + seen.error().message;
}

// The key in place is lent as for a renewal, which comes to nothing: the key made for it goes.
Status Retirement::ask(const Question& question)
{
    Renewal asking;
    asking.order.id = model::OrderId("revoke-" + uuidV7(parts_.clock.preciseNow()));
    asking.place = question.slot.place;
    asking.oldChainPem = question.slot.certificatePem;
    asking.policy = question.policy;
    asking.service = *question.state->set.findService(question.policy.enrollmentService);
    const auto made = parts_.installer.makeKey(asking, question.slot.certificate.keyType);
    if (!made) return made.error();
    const auto asked = parts_.enroller.revoke(asking);
    const auto gone = parts_.installer.discard(asking);
    return asked ? gone : asked;
}

Status Retirement::tell(const Superseded& one, const std::string& kind, const std::string& problem)
{
    const auto state = parts_.desired.current();
    const auto slot = parts_.slots.find(one.slot);
    const auto* policy = slot ? state->policyFor(*slot) : nullptr;
    Renewal ended;
    ended.order.id = one.order;
    ended.order.agent = state->host.agent;
    ended.order.slot = one.slot;
    ended.order.policy = policy == nullptr ? "" : policy->name;
    ended.order.policyCommit = state->commit;
    ended.oldChainPem = one.certificatePem;
    auto event = renewalEvent(ended, kind, parts_.clock.preciseNow(),
        problem.empty() ? model::Outcome::Success : model::Outcome::Failure, problem);
    if (policy == nullptr) event.policy = state->commit;
    if (kind != "key.destroyed") event.details = {{"new_serial", one.newSerial}};
    return parts_.publish({event});
}

bool Retirement::mayTry(const Superseded& one)
{
    auto& tries = tries_[one.order];
    const auto now = parts_.clock.now();
    if (!hasCome(tries.next, now, longestWait)) return false;
    tries.next = now + retryDelay(parts_.every, ++tries.count, Duration::zero(), longestWait);
    return true;
}

} // namespace perennial::agent
