#include "agent/slot_explanation.h"

#include "agent/expiry.h"
#include "shared/base/encoding.h"
#include "shared/protocol/agent_messages.h"
#include "shared/rules/renewal_rules.h"

namespace perennial::agent {

namespace {

struct Verdict {
    std::string word;
    std::string why;
};

Json describeRenewal(const Renewal& renewal)
{
    Json json;
    json["order_id"] = renewal.order.id.text();
    json["origin"] = nameOf(renewal.order.origin);
    json["reason"] = toPrintable(renewal.order.reason, 1000);
    json["began"] = toRfc3339(renewal.acceptedAt);
    json["stage"] = nameOf(renewal.stage);
    json["problem"] = problemOf(renewal);
    return json;
}

Json describeEnd(const Renewal& renewal)
{
    auto json = describeRenewal(renewal);
    if (const auto* abandoned = std::get_if<Abandoned>(&renewal.stage)) {
        json["result"] = abandoned->rolledBack ? "rolled-back" : "abandoned";
        json["problem"] = abandoned->reason;
    } else {
        json["result"] = "completed";
        json["milliseconds"] = renewal.elapsedMilliseconds;
    }
    return json;
}

Verdict ofRenewalUnderWay(const Renewal& renewal)
{
    if (const auto* waiting = std::get_if<AwaitingAcceptance>(&renewal.stage))
        return {"paused", waiting->reason};
    std::string why =
        "renewal " + renewal.order.id.text() + " is under way (" + nameOf(renewal.stage) + ")";
    const auto problem = problemOf(renewal);
    if (!problem.empty()) why += "; " + problem + "; tried again at " + toRfc3339(renewal.nextTry);
    return {"under-way", why};
}

// Due, and nothing has begun: what it waits for.
Verdict ofDue(const SlotFacts& facts, const model::CertificatePolicy& policy, TimePoint due)
{
    const auto last = toRfc3339(rules::autonomousTime(facts.slot.certificate, policy));
    switch (facts.alone) {
    case RenewalDesk::Alone::Planned:
        return {"due", "it is due since " + toRfc3339(due) + "; it begins inside the window of " +
                           "the policy, at the latest at " + last};
    case RenewalDesk::Alone::Silence:
        return {"due", "it is due since " + toRfc3339(due) + ", and the controller does not " +
                           "answer: the agent goes alone from " + last};
    case RenewalDesk::Alone::Doubt:
        return {"due", "it is due since " + toRfc3339(due) + ", but this clock and the " +
                           "controller's differ: without an order nothing begins before the last " +
                           "tenth of the certificate's life"};
    case RenewalDesk::Alone::Quarantine:
    case RenewalDesk::Alone::Patience: break;
    }
    return {"due", "it is due since " + toRfc3339(due) + "; the controller plans the order; " +
                       "without one the agent goes alone soon after " + last};
}

std::string describeFailures(const SlotTable::Fortune& fortune)
{
    if (fortune.failures == 0) return "";
    return std::to_string(fortune.failures) + " renewals failed, the last at " +
           toRfc3339(fortune.lastFailure) +
           "; the next waits longer each time, an hour at first, a day at most";
}

Verdict judge(const SlotFacts& facts, const model::CertificatePolicy* policy,
    const std::optional<Expiry>& expiry, TimePoint due, TimePoint now)
{
    const auto& certificate = facts.slot.certificate;
    const auto failures = describeFailures(facts.fortune);
    if (facts.alone == RenewalDesk::Alone::Quarantine)
        return {"quarantined", "the controller hears two copies of this agent: nothing is renewed "
                               "until an operator has looked (`perennial agents release`)"};
    if (facts.underWay && !(facts.pause && isBeforePlacing(facts.underWay->stage)))
        return ofRenewalUnderWay(*facts.underWay);
    if (facts.pause) {
        const std::string reason = facts.pause->reason.empty() ? "" : ": " + facts.pause->reason;
        return {"paused", "the host's admin paused it until " +
                              toRfc3339(endOf(*facts.pause, certificate)) + reason};
    }
    if (policy == nullptr)
        return {"unmanaged", facts.fortune.rule.isLeftAlone()
                                 ? leftAloneText(facts.slot, facts.fortune.rule)
                                 : "no policy rules it: it is watched and never changed"};
    if (expiry && expiry->word != "names")
        return {expiry->word, expiry->say + (failures.empty() ? "" : "; " + failures)};
    if (!failures.empty()) return {"failed", failures};
    if (now >= due) return ofDue(facts, *policy, due);
    return {"waiting", "it is not due before " + toRfc3339(due)};
}

void addPolicy(Json& json, const SlotFacts& facts, const DesiredState& state,
    const model::CertificatePolicy& policy, TimePoint due)
{
    const auto& certificate = facts.slot.certificate;
    const auto last = rules::autonomousTime(certificate, policy);
    json["policy"] = policy.name;
    json["policy_commit"] = state.commit;
    const auto line = state.set.policyLines.find(policy.name);
    json["policy_line"] = line == state.set.policyLines.end() ? "" : line->second;
    json["enrollment_service"] = policy.enrollmentService;
    json["action"] = policy.action;
    json["renewal_at"] = toRfc3339(due);
    json["window_at"] = toRfc3339(rules::insideWindow(policy.window, due, last));
    json["alone_at"] = toRfc3339(last);
}

// Nothing is there: it has no dates.
void forgetCertificate(Json& json)
{
    for (const auto* member : {"certificate", "renewal_at", "window_at", "alone_at"})
        json.object()->erase(member);
}

} // namespace

Json explain(const SlotFacts& facts, const DesiredState& state, TimePoint now)
{
    const auto& slot = facts.slot;
    const auto* policy = state.policyFor(slot);
    const auto due =
        policy == nullptr ? TimePoint() : rules::renewalTime(slot.certificate, *policy);
    auto json = protocol::toJson(slot);
    if (json.object() != nullptr) json.object()->erase("certificate_pem");
    const auto expiry = expiryOf(slot, state, facts.fortune, facts.credentials, now);
    const auto verdict = judge(facts, policy, expiry, due, now);
    json["verdict"] = verdict.word;
    json["why"] = verdict.why;
    if (policy != nullptr) addPolicy(json, facts, state, *policy, due);
    if (slot.isEmpty()) forgetCertificate(json);
    if (expiry && expiry->word == "names") json["names"] = expiry->say;
    if (policy == nullptr && facts.fortune.rule.isLeftAlone()) {
        json["former_policy"] = facts.fortune.rule.policy;
        json["unmanaged_since"] = toRfc3339(facts.fortune.rule.unruledSince);
    }
    if (expiry) json["recovery"] = nameOf(expiry->next.way);
    if (facts.underWay) json["under_way"] = describeRenewal(*facts.underWay);
    if (facts.last) json["last_attempt"] = describeEnd(*facts.last);
    json["matching"] = Json(Json::Array{});
    for (const auto& line : policy::explainMatch(state.set, state.host, slot))
        json["matching"].push(line);
    return json;
}

} // namespace perennial::agent
