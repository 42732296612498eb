#include "tests/scenario/fleet/fleet_controller.h"

#include "shared/base/random.h"

namespace perennial::test {

std::vector<model::AgentId> FleetController::plan(PreciseTime now)
{
    const auto time = std::chrono::floor<Duration>(now);
    controller::AgentsById agents;
    std::vector<controller::SlotRecord> slots;
    for (const auto& [agent, due] : state_.due) {
        if (due > time) continue; // the planner is pure: it would say no
        controller::AgentRecord record;
        record.agent = agent;
        agents[agent] = record;
        slots.push_back(state_.slots.at(agent));
    }
    const auto planned =
        controller::planOrders({policies_, agents, slots, state_.open, state_.histories}, time);
    std::vector<model::AgentId> ordered;
    for (const auto& one : planned) {
        controller::OrderRecord record;
        record.order.id = model::OrderId(uuidV7(now));
        record.order.agent = one.slot.first;
        record.order.slot = one.slot.second;
        record.order.generation = one.generation;
        record.order.replaces = one.what->certificate.fingerprint;
        record.order.policy = one.policy->name;
        record.order.policyCommit = policies_.manifest.commit;
        record.order.reason = one.reason;
        record.order.orderedAt = time;
        state_.open.insert(one.slot);
        ordered.push_back(one.slot.first);
        state_.orders[record.order.id] = record;
    }
    return ordered;
}

std::vector<model::Order> FleetController::openOrdersOf(const model::AgentId& agent) const
{
    std::vector<model::Order> orders;
    const auto slot = state_.slots.find(agent);
    if (slot == state_.slots.end() || state_.open.count({agent, slot->second.slot.id}) == 0)
        return orders;
    for (const auto& [id, record] : state_.orders) {
        if (record.open && record.order.agent == agent) orders.push_back(record.order);
    }
    return orders;
}

bool FleetController::wantsInventory(const model::AgentId& agent, const std::string& digest) const
{
    const auto known = state_.digests.find(agent);
    return known == state_.digests.end() || known->second != digest;
}

void FleetController::takeInventory(const model::AgentId& agent,
    const model::InventoryReport& report, const std::string& digest, TimePoint now)
{
    state_.digests[agent] = digest;
    const auto& slot = report.slots.front();
    state_.slots[agent] = {agent, slot};
    const auto* policy = policies_.set.findPolicy("web-servers");
    state_.due[agent] = controller::plannedRenewal(slot, *policy, now);
}

void FleetController::takeEvent(const model::AuditEvent& event, TimePoint now)
{
    const model::OrderId id(event.correlationId);
    auto& record = state_.orders[id];
    const auto slot = state_.slots.find(model::AgentId(event.agentId));
    const auto progress = controller::applyEvent(
        event, slot == state_.slots.end() ? nullptr : &slot->second, now, record);
    if (record.order.id.empty()) {
        state_.orders.erase(id);
        return;
    }
    const controller::SlotKey key{record.order.agent, record.order.slot};
    if (progress.isNew) {
        // The agent's own renewal is the one that counts.
        for (auto other = state_.orders.begin(); other != state_.orders.end();) {
            const bool late = other->first != id && other->second.order.agent == key.first;
            if (late) ++ended["already_done"];
            other = late ? state_.orders.erase(other) : std::next(other);
        }
        state_.open.insert(key);
    }
    if (!progress.changed || record.open) return;
    state_.open.erase(key);
    ++ended[record.state];
    auto& history = state_.histories[key];
    history.lastEnded = record.updatedAt;
    const bool renewed = record.state == "completed" || record.state == "already_done";
    history.failuresInARow = renewed ? 0 : history.failuresInARow + 1;
    history.lastReplaced = renewed ? record.order.replaces : model::Fingerprint();
    history.completed += record.state == "completed" ? 1 : 0;
    state_.orders.erase(id);
}

} // namespace perennial::test
