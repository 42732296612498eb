#include "controller/scheduling/planner.h"

#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::controller {

namespace {

constexpr Duration firstWait = std::chrono::hours(1);
constexpr Duration longestWait = std::chrono::hours(24);
constexpr Duration inventoryMoment = std::chrono::minutes(10);

bool mayTryAgain(const SlotHistory& history, TimePoint notAfter, TimePoint now)
{
    if (history.failuresInARow == 0) return true;
    auto wait = firstWait;
    for (int i = 1; i < history.failuresInARow && wait < longestWait; ++i)
        wait *= 2;
    wait = std::min(wait, longestWait);
    wait = std::clamp((notAfter - history.lastEnded) / 4, Duration(1), wait);
    return now >= history.lastEnded + wait;
}

// The renewal is told of before the inventory that shows its certificate: what looks due was just
// replaced.
bool isStale(const SlotHistory& history, const model::Slot& slot, TimePoint now)
{
    return history.lastReplaced == slot.certificate.fingerprint &&
           now < history.lastEnded + inventoryMoment;
}

const AgentRecord* findAgent(const AgentsById& agents, const model::AgentId& id)
{
    const auto found = agents.find(id);
    return found == agents.end() || !found->second.mayWork() ? nullptr : &found->second;
}

} // namespace

TimePoint plannedRenewal(
    const model::Slot& slot, const model::CertificatePolicy& policy, TimePoint now)
{
    const auto finding = rules::findReasonToRenew(slot.certificate, policy, now);
    const auto wanted = finding ? std::max(now, rules::renewalTime(slot.certificate, policy))
                                : rules::renewalTime(slot.certificate, policy);
    return rules::insideWindow(
        policy.window, wanted, rules::autonomousTime(slot.certificate, policy));
}

std::vector<PlannedOrder> planOrders(const PlanInput& input, TimePoint now)
{
    std::vector<PlannedOrder> planned;
    for (const auto& record : input.slots) {
        const auto* agent = findAgent(input.agents, record.agent);
        const SlotKey key{record.agent, record.slot.id};
        if (agent == nullptr || input.open.count(key) != 0) continue;
        const auto* policy = policy::findPolicyFor(
            input.policies.set, {agent->agent, agent->host, agent->labels}, record.slot);
        if (policy == nullptr) continue;
        const auto finding = rules::findReasonToRenew(record.slot.certificate, *policy, now);
        if (!finding) continue;
        const auto deadline = rules::autonomousTime(record.slot.certificate, *policy);
        if (rules::insideWindow(policy->window, now, deadline) > now) continue;
        const auto history = input.histories.find(key);
        const auto past = history == input.histories.end() ? SlotHistory{} : history->second;
        if (isStale(past, record.slot, now)) continue;
        if (!mayTryAgain(past, record.slot.certificate.notAfter, now)) continue;
        planned.push_back({key, &record.slot, policy, finding->explanation, past.completed});
    }
    return planned;
}

} // namespace perennial::controller
