#include "controller/storage/order_store.h"

#include "controller/storage/stored_values.h"

#include <array>

namespace perennial::controller::orders {

namespace {

constexpr const char* columns =
    "SELECT order_id, agent_id, slot_id, generation, replaces, policy, policy_commit, reason, "
    "origin, "
    "ordered_at, name, state, open, updated_at, old_serial, new_serial, message, milliseconds, "
    "new_key FROM orders ";

model::Origin originOf(const std::string& name)
{
    for (const auto origin :
        std::array{model::Origin::AgentAlone, model::Origin::HostAdmin, model::Origin::Emergency}) {
        if (model::nameOf(origin) == name) return origin;
    }
    return model::Origin::Controller;
}

OrderRecord recordOf(const sql::Row& row)
{
    OrderRecord record;
    record.order = {model::OrderId(row.text(0)), model::AgentId(row.text(1)),
        model::SlotId(row.text(2)), row.integer(3), model::Fingerprint(row.text(4)), row.text(5),
        row.text(6), row.text(7), originOf(row.text(8)), fromStored(row.integer(9))};
    record.name = row.text(10);
    record.state = row.text(11);
    record.open = row.integer(12) != 0;
    record.updatedAt = fromStored(row.integer(13));
    record.oldSerial = row.text(14);
    record.newSerial = row.text(15);
    record.message = row.text(16);
    record.milliseconds = row.integer(17);
    record.newKey = row.text(18);
    return record;
}

Result<std::vector<OrderRecord>> select(
    sql::Session& session, const std::string& where, const std::vector<sql::Value>& values)
{
    const auto rows = session.query(columns + where, values);
    if (!rows) return rows.error();
    std::vector<OrderRecord> found;
    for (const auto& row : *rows)
        found.push_back(recordOf(row));
    return found;
}

Result<std::optional<OrderRecord>> first(const Result<std::vector<OrderRecord>>& found)
{
    if (!found) return found.error();
    if (found->empty()) return std::optional<OrderRecord>();
    return std::optional<OrderRecord>(found->front());
}

} // namespace

Status insert(sql::Session& session, const OrderRecord& r)
{
    const auto open =
        session.query("SELECT order_id FROM orders WHERE agent_id = ? AND slot_id = ? AND open = 1",
            {r.order.agent.text(), r.order.slot.text()});
    if (!open) return open.error();
    if (r.open && !open->empty())
        return Error{ErrorKind::Conflict,
            "a renewal of this slot is open already: order " + open->front().text(0)};
    return statusOf(session.execute("INSERT INTO orders (order_id, agent_id, slot_id, generation, "
                                    "replaces, name, policy, policy_commit, "
                                    "reason, origin, state, open, ordered_at, updated_at, "
                                    "old_serial, new_serial, message, milliseconds, new_key) "
                                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                    "?)",
        {r.order.id.text(), r.order.agent.text(), r.order.slot.text(), r.order.generation,
            r.order.replaces.text(), r.name, r.order.policy, r.order.policyCommit, r.order.reason,
            model::nameOf(r.order.origin), r.state, static_cast<std::int64_t>(r.open ? 1 : 0),
            toStored(r.order.orderedAt), toStored(r.updatedAt), r.oldSerial, r.newSerial, r.message,
            r.milliseconds, r.newKey}));
}

Status update(sql::Session& session, const OrderRecord& r)
{
    return statusOf(session.execute("UPDATE orders SET state = ?, open = ?, updated_at = ?, "
                                    "old_serial = ?, new_serial = ?, message = ?, "
                                    "milliseconds = ?, new_key = ? WHERE order_id = ?",
        {r.state, static_cast<std::int64_t>(r.open ? 1 : 0), toStored(r.updatedAt), r.oldSerial,
            r.newSerial, r.message, r.milliseconds, r.newKey, r.order.id.text()}));
}

Result<std::optional<OrderRecord>> find(sql::Session& session, const model::OrderId& order)
{
    return first(select(session, "WHERE order_id = ?", {order.text()}));
}

Result<std::vector<OrderRecord>> openOnes(sql::Session& session)
{
    return select(session, "WHERE open = 1 ORDER BY ordered_at, order_id", {});
}

Result<std::vector<OrderRecord>> openOf(sql::Session& session, const model::AgentId& agent)
{
    return select(
        session, "WHERE agent_id = ? AND open = 1 ORDER BY ordered_at, order_id", {agent.text()});
}

Status abandonOpenOf(
    sql::Session& session, const model::AgentId& agent, const std::string& message, TimePoint now)
{
    return statusOf(
        session.execute("UPDATE orders SET state = 'abandoned', open = 0, message = ?, updated_at "
                        "= ? WHERE agent_id = ? AND open = 1",
            {message, toStored(now), agent.text()}));
}

Result<std::vector<OrderRecord>> newest(
    sql::Session& session, const Filter& filter, std::int64_t limit)
{
    std::string where = "WHERE 1 = 1";
    std::vector<sql::Value> values;
    for (const auto& [condition, value] :
        {std::pair{" AND agent_id = ?", &filter.agent}, std::pair{" AND slot_id = ?", &filter.slot},
            std::pair{" AND state = ?", &filter.state}}) {
        if (value->empty()) continue;
        where += condition;
        values.emplace_back(*value);
    }
    if (filter.before) {
        where += " AND (ordered_at, order_id) < (?, ?)";
        values.emplace_back(toStored(filter.before->first));
        values.emplace_back(filter.before->second);
    }
    values.emplace_back(limit);
    return select(session, where + " ORDER BY ordered_at DESC, order_id DESC LIMIT ?", values);
}

Result<std::vector<OrderRecord>> replacing(sql::Session& session, const std::string& oldSerial)
{
    return select(session, "WHERE old_serial = ? ORDER BY ordered_at, order_id", {oldSerial});
}

Result<std::optional<OrderRecord>> lastOf(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot)
{
    return first(select(session,
        "WHERE agent_id = ? AND slot_id = ? AND open = 0 ORDER BY updated_at DESC, order_id DESC "
        "LIMIT 1",
        {agent.text(), slot.text()}));
}

Result<int> failuresInARow(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot)
{
    const auto ended = select(session,
        "WHERE agent_id = ? AND slot_id = ? AND open = 0 ORDER BY updated_at DESC, order_id DESC "
        "LIMIT 20",
        {agent.text(), slot.text()});
    if (!ended) return ended.error();
    int failures = 0;
    for (const auto& record : *ended) {
        if (record.state == "completed" || record.state == "already_done") break;
        ++failures;
    }
    return failures;
}

Result<std::int64_t> completedOf(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot)
{
    const auto rows = session.query(
        "SELECT COUNT(*) FROM orders WHERE agent_id = ? AND slot_id = ? AND state = 'completed'",
        {agent.text(), slot.text()});
    if (!rows) return rows.error();
    return rows->front().integer(0);
}

Result<std::int64_t> countEnded(sql::Session& session, bool completed, TimePoint since)
{
    const auto rows = session.query(
        completed ? "SELECT COUNT(*) FROM orders WHERE state = 'completed' AND updated_at >= ?"
                  : "SELECT COUNT(*) FROM orders WHERE state IN ('rolled_back', 'abandoned') AND "
                    "updated_at >= ?",
        {toStored(since)});
    if (!rows) return rows.error();
    return rows->front().integer(0);
}

} // namespace perennial::controller::orders
