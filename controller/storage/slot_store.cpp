#include "controller/storage/slot_store.h"

#include "controller/storage/stored_values.h"
#include "shared/protocol/agent_messages.h"

namespace perennial::controller::slots {

namespace {

Result<std::vector<SlotRecord>> select(
    sql::Session& session, const std::string& where, const std::vector<sql::Value>& values)
{
    const auto rows = session.query("SELECT agent_id, slot, told_days FROM slots " + where, values);
    if (!rows) return rows.error();
    std::vector<SlotRecord> found;
    for (const auto& row : *rows) {
        const auto json = Json::parse(row.text(1));
        auto slot = json ? protocol::slotFromJson(*json) : Result<model::Slot>(json.error());
        if (!slot)
            return Error{ErrorKind::Corrupt,
                "a stored slot of " + row.text(0) + ": " + slot.error().message};
        found.push_back(
            {model::AgentId(row.text(0)), *std::move(slot), static_cast<int>(row.integer(2))});
    }
    return found;
}

} // namespace

Status put(sql::Session& session, const SlotRecord& record)
{
    const auto& certificate = record.slot.certificate;
    return statusOf(session.execute(
        "INSERT INTO slots (agent_id, slot_id, slot, fingerprint, not_after, told_days) VALUES (?, "
        "?, ?, ?, ?, ?) "
        "ON CONFLICT (agent_id, slot_id) DO UPDATE SET slot = excluded.slot, fingerprint = "
        "excluded.fingerprint, not_after = excluded.not_after, told_days = excluded.told_days",
        {record.agent.text(), record.slot.id.text(), protocol::toJson(record.slot).canonical(),
            certificate.fingerprint.text(), toStored(certificate.notAfter),
            static_cast<std::int64_t>(record.toldDays)}));
}

Status remove(sql::Session& session, const model::AgentId& agent, const model::SlotId& slot)
{
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

Result<std::vector<SlotRecord>> ofAgent(sql::Session& session, const model::AgentId& agent)
{
    return select(session, "WHERE agent_id = ? ORDER BY slot_id", {agent.text()});
}

Result<std::vector<SlotRecord>> all(sql::Session& session)
{
    return select(session, "ORDER BY not_after, agent_id, slot_id", {});
}

} // namespace perennial::controller::slots
