#include "controller/storage/slot_store.h"

#include "controller/storage/slot_index.h"
#include "controller/storage/stored_values.h"
#include "shared/protocol/agent_messages.h"

namespace perennial::controller::slots {

namespace {

Result<model::Slot> slotFrom(const std::string& text)
{
    const auto json = Json::parse(text);
    return json ? protocol::slotFromJson(*json) : Result<model::Slot>(json.error());
}

Result<std::vector<SlotRecord>> select(
    sql::Session& session, const std::string& where, const std::vector<sql::Value>& values)
{
    const auto rows = session.query(
        "SELECT agent_id, slot, told_days, former_policy FROM slots " + where, values);
    if (!rows) return rows.error();
    std::vector<SlotRecord> found;
    for (const auto& row : *rows) {
        auto slot = slotFrom(row.text(1));
        if (!slot)
            return Error{ErrorKind::Corrupt,
                "a stored slot of " + row.text(0) + ": " + slot.error().message};
        found.push_back({model::AgentId(row.text(0)), *std::move(slot),
            static_cast<int>(row.integer(2)), row.text(3)});
    }
    return found;
}

} // namespace

Status put(sql::Session& session, const SlotRecord& record)
{
    const auto& certificate = record.slot.certificate;
    auto text = protocol::toJson(record.slot).canonical();
    // One that nobody could read again would stop the planning for everybody.
    if (const auto again = slotFrom(text); !again)
        return Error{ErrorKind::InvalidInput,
            "slot " + record.slot.id.text() + " cannot be kept: " + again.error().message};
    if (auto indexed = index(session, record); !indexed) return indexed;
    return statusOf(session.execute(
        "INSERT INTO slots (agent_id, slot_id, slot, fingerprint, not_after, told_days) VALUES (?, "
        "?, ?, ?, ?, ?) "
        "ON CONFLICT (agent_id, slot_id) DO UPDATE SET slot = excluded.slot, fingerprint = "
        "excluded.fingerprint, not_after = excluded.not_after, told_days = excluded.told_days",
        {record.agent.text(), record.slot.id.text(), std::move(text),
            certificate.fingerprint.text(), toStored(certificate.notAfter),
            static_cast<std::int64_t>(record.toldDays)}));
}

Status remove(sql::Session& session, const model::AgentId& agent, const model::SlotId& slot)
{
    if (auto done = unindex(session, agent, slot); !done) return done;
    return statusOf(session.execute(
        "DELETE FROM slots WHERE agent_id = ? AND slot_id = ?", {agent.text(), slot.text()}));
}

Status setToldDays(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot, int days)
{
    return statusOf(
        session.execute("UPDATE slots SET told_days = ? WHERE agent_id = ? AND slot_id = ?",
            {static_cast<std::int64_t>(days), agent.text(), slot.text()}));
}

Status setFormerPolicy(sql::Session& session, const model::AgentId& agent,
    const model::SlotId& slot, const std::string& policy)
{
    return statusOf(
        session.execute("UPDATE slots SET former_policy = ? WHERE agent_id = ? AND slot_id = ?",
            {policy, agent.text(), slot.text()}));
}

Result<std::optional<SlotRecord>> find(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot)
{
    auto found = select(session, "WHERE agent_id = ? AND slot_id = ?", {agent.text(), slot.text()});
    if (!found) return found.error();
    if (found->empty()) return std::optional<SlotRecord>();
    return std::optional<SlotRecord>(std::move(found->front()));
}

Result<std::vector<SlotRecord>> ofAgent(sql::Session& session, const model::AgentId& agent)
{
    return select(session, "WHERE agent_id = ? ORDER BY slot_id", {agent.text()});
}

Result<std::vector<SlotRecord>> all(sql::Session& session)
{
    return select(session, "ORDER BY not_after, agent_id, slot_id", {});
}

Position positionOf(const SlotRecord& record)
{
    return {toStored(record.slot.certificate.notAfter), record.agent.text(), record.slot.id.text()};
}

Result<std::vector<SlotRecord>> inRange(sql::Session& session, const Range& range)
{
    std::string where = "WHERE (not_after, agent_id, slot_id) > (?, ?, ?)";
    std::vector<sql::Value> values{range.after.notAfter, range.after.agent, range.after.slot};
    if (range.until) {
        where += " AND not_after <= ?";
        values.emplace_back(toStored(*range.until));
    }
    if (!range.agent.empty()) {
        where += " AND agent_id = ?";
        values.emplace_back(range.agent);
    }
    values.emplace_back(range.limit);
    return select(session, where + " ORDER BY not_after, agent_id, slot_id LIMIT ?", values);
}

Result<std::vector<SlotRecord>> notToldOf(
    sql::Session& session, const std::vector<Threshold>& thresholds)
{
    std::string where = "WHERE 1 = 0";
    std::vector<sql::Value> values;
    for (const auto& threshold : thresholds) {
        where += " OR (not_after <= ? AND told_days > ?)";
        values.emplace_back(toStored(threshold.by));
        values.emplace_back(static_cast<std::int64_t>(threshold.days));
    }
    return select(session, where + " ORDER BY not_after, agent_id, slot_id", values);
}

Status removeOfRevoked(sql::Session& session, const std::string& host)
{
    for (const auto* table : {"slot_serials", "slot_names", "slots"}) {
        if (auto done = statusOf(session.execute(std::string("DELETE FROM ") + table +
                                                     " WHERE agent_id IN (SELECT agent_id FROM "
                                                     "agents WHERE host = ? AND state = 'revoked')",
                {host}));
            !done)
            return done;
    }
    return {};
}

} // namespace perennial::controller::slots
