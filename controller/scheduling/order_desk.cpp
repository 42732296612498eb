#include "controller/scheduling/order_desk.h"

#include "controller/audit/audit_outbox.h"
#include "controller/inventory/inventory_changes.h"
#include "shared/base/random.h"

#include <algorithm>

namespace perennial::controller {

namespace {

model::Order orderFor(const PlannedOrder& planned, const PolicySnapshot& policies, PreciseTime now)
{
    model::Order order;
    order.id = model::OrderId(uuidV7(now));
    order.agent = planned.slot.first;
    order.slot = planned.slot.second;
    order.generation = planned.generation;
    order.replaces = planned.what->certificate.fingerprint;
    order.policy = planned.policy->name;
    order.policyCommit = policies.manifest.commit;
    order.reason = planned.reason;
    order.orderedAt = std::chrono::floor<Duration>(now);
    return order;
}

Status place(sql::Session& session, const model::Order& order, const model::Slot& slot,
    const AgentRecord& agent, const model::Actor& actor, PreciseTime now)
{
    OrderRecord record;
    record.order = order;
    record.name = toPrintable(slot.certificate.displayName, 255);
    record.updatedAt = order.orderedAt;
    record.oldSerial = toPrintable(slot.certificate.serial, 100);
    if (auto inserted = orders::insert(session, record); !inserted) return inserted;
    auto event = slotEvent(agent, slot, "renewal.ordered", now);
    event.actor = actor;
    event.reason = order.reason;
    event.correlationId = order.id.text();
    event.policy = order.policyCommit + ":" + order.policy;
    event.details = {{"origin", model::nameOf(order.origin)}, {"generation", order.generation}};
    return AuditOutbox::add(session, event);
}

Result<std::map<SlotKey, SlotHistory>> historiesOf(
    sql::Session& session, const std::vector<SlotRecord>& records)
{
    std::set<SlotKey> known;
    for (const auto& record : records)
        known.insert({record.agent, record.slot.id});
    std::map<SlotKey, SlotHistory> histories;
    const auto rows = session.query("SELECT DISTINCT agent_id, slot_id FROM orders WHERE open = 0");
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
        const SlotKey key{model::AgentId(row.text(0)), model::SlotId(row.text(1))};
        if (known.count(key) == 0) continue;
        const auto failures = orders::failuresInARow(session, key.first, key.second);
        if (!failures) return failures.error();
        const auto last = orders::lastOf(session, key.first, key.second);
        if (!last) return last.error();
        const auto completed = orders::completedOf(session, key.first, key.second);
        if (!completed) return completed.error();
        const bool renewed =
            *last && ((*last)->state == "completed" || (*last)->state == "already_done");
        histories[key] = {*failures, *last ? (*last)->updatedAt : TimePoint(), *completed,
            renewed ? (*last)->order.replaces : model::Fingerprint()};
    }
    return histories;
}

struct World {
    AgentsById agents;
    std::vector<SlotRecord> slots;
    std::set<SlotKey> open;
    std::map<SlotKey, SlotHistory> histories;
};

Result<World> look(sql::Session& session)
{
    auto agents = agents::all(session);
    if (!agents) return agents.error();
    auto records = slots::all(session);
    if (!records) return records.error();
    const auto openOrders = orders::openOnes(session);
    if (!openOrders) return openOrders.error();
    auto histories = historiesOf(session, *records);
    if (!histories) return histories.error();
    World world{{}, *std::move(records), {}, *std::move(histories)};
    for (auto& agent : *agents)
        world.agents.emplace(agent.agent, std::move(agent));
    for (const auto& record : *openOrders)
        world.open.insert({record.order.agent, record.order.slot});
    return world;
}

} // namespace

Result<std::vector<model::Order>> OrderDesk::planAndPlace(const PolicySnapshot& policies)
{
    std::vector<model::Order> placed;
    const auto now = clock_.preciseNow();
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto world = look(session);
        if (!world) return world.error();
        const auto planned = planOrders(
            {policies, world->agents, world->slots, world->open, world->histories}, clock_.now());
        for (const auto& one : planned) {
            const auto order = orderFor(one, policies, now);
            if (auto placedOne = place(session, order, *one.what, world->agents.at(order.agent),
                    {"scheduler", "", "", ""}, now);
                !placedOne)
                return placedOne;
            placed.push_back(order);
        }
        return {};
    });
    if (!done) return done.error();
    return placed;
}

Result<model::Order> OrderDesk::placeNow(const PolicySnapshot& policies, const SlotKey& slot,
    const std::string& reason, const model::Actor& actor)
{
    model::Order order;
    const auto now = clock_.preciseNow();
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto agent = agents::find(session, slot.first);
        if (!agent) return agent.error();
        const auto record = slots::find(session, slot.first, slot.second);
        if (!record) return record.error();
        if (!*agent || !(*agent)->mayWork() || !*record)
            return Error{
                ErrorKind::NotFound, "there is no such slot of an agent that is not revoked"};
        const auto* policy = policy::findPolicyFor(
            policies.set, {(*agent)->agent, (*agent)->host, (*agent)->labels}, (*record)->slot);
        if (policy == nullptr)
            return Error{ErrorKind::InvalidInput, "no policy rules this slot: it is only watched"};
        const auto completed = orders::completedOf(session, slot.first, slot.second);
        if (!completed) return completed.error();
        order = orderFor({slot, &(*record)->slot, policy, reason, *completed}, policies, now);
        auto wish = slotEvent(**agent, (*record)->slot, "admin.renewal_requested", now);
        wish.actor = actor;
        wish.reason = reason;
        wish.correlationId = order.id.text();
        if (auto told = AuditOutbox::add(session, wish); !told) return told;
        return place(session, order, (*record)->slot, **agent, actor, now);
    });
    if (!done) return done.error();
    return order;
}

} // namespace perennial::controller
