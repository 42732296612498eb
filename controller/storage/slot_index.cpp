#include "controller/storage/slot_index.h"

#include "controller/storage/stored_values.h"

namespace perennial::controller::slots {

namespace {

constexpr std::int64_t serialLimit = 100; // certificates of one number that are told

Result<std::vector<SlotRecord>> read(
    sql::Session& session, const std::string& where, const std::vector<sql::Value>& values)
{
    const auto rows =
        session.query("SELECT agent_id, slot_id FROM slot_serials WHERE " + where, values);
    if (!rows) return rows.error();
    std::vector<SlotRecord> found;
    for (const auto& row : *rows) {
        auto record = find(session, model::AgentId(row.text(0)), model::SlotId(row.text(1)));
        if (!record) return record.error();
        if (*record) found.push_back(**std::move(record));
    }
    return found;
}

// Only what an agent itself reports makes room for: no other can have it forgotten whose a
// certificate was first.
Status pruneHistory(sql::Session& session, const std::string& agent, const std::string& slot)
{
    const auto oldest = session.execute(
        "DELETE FROM slot_history WHERE agent_id = ? AND slot_id = ? AND position <= (SELECT "
        "position FROM slot_history WHERE agent_id = ? AND slot_id = ? ORDER BY position DESC "
        "LIMIT 1 OFFSET ?)",
        {agent, slot, agent, slot, historyOfSlot});
    if (!oldest) return oldest.error();
    // All of an agent's are looked at with every hundredth row of the table only.
    const auto row = session.query("SELECT last_insert_rowid()", {});
    if (!row) return row.error();
    if (row->front().integer(0) % 100 != 0) return {};
    return statusOf(session.execute(
        "DELETE FROM slot_history WHERE agent_id = ? AND position <= (SELECT position FROM "
        "slot_history WHERE agent_id = ? ORDER BY position DESC LIMIT 1 OFFSET ?)",
        {agent, agent, historyOfAgent}));
}

} // namespace

Status index(sql::Session& session, const SlotRecord& record)
{
    if (auto done = unindex(session, record.agent, record.slot.id); !done) return done;
    const auto& certificate = record.slot.certificate;
    if (certificate.selfSigned) return {};
    const auto agent = record.agent.text();
    const auto slot = record.slot.id.text();
    if (auto done = addToHistory(session, agent, slot, certificate.serial); !done) return done;
    if (auto done = statusOf(session.execute(
            "INSERT INTO slot_serials (agent_id, slot_id, issuer, serial, fingerprint) VALUES (?, "
            "?, ?, ?, ?)",
            {agent, slot, certificate.issuer, certificate.serial, certificate.fingerprint.text()}));
        !done)
        return done;
    for (const auto& name : certificate.names) {
        if (auto done = statusOf(session.execute(
                "INSERT OR IGNORE INTO slot_names (agent_id, slot_id, name) VALUES (?, ?, ?)",
                {agent, slot, name}));
            !done)
            return done;
    }
    return {};
}

Status unindex(sql::Session& session, const model::AgentId& agent, const model::SlotId& slot)
{
    for (const auto* table : {"slot_serials", "slot_names"}) {
        if (auto done = statusOf(session.execute(
                std::string("DELETE FROM ") + table + " WHERE agent_id = ? AND slot_id = ?",
                {agent.text(), slot.text()}));
            !done)
            return done;
    }
    return {};
}

Result<std::vector<NamedElsewhere>> ofOtherAgents(sql::Session& session,
    const model::AgentId& agent, const std::vector<std::string>& names, std::int64_t limit)
{
    std::vector<NamedElsewhere> found;
    for (const auto& name : names) {
        const auto left = limit - static_cast<std::int64_t>(found.size());
        if (left <= 0) break;
        const auto rows = session.query("SELECT DISTINCT agent_id FROM slot_names WHERE name = ? "
                                        "AND agent_id <> ? ORDER BY agent_id LIMIT ?",
            {name, agent.text(), left});
        if (!rows) return rows.error();
        for (const auto& row : *rows)
            found.push_back({row.text(0), name});
    }
    return found;
}

Result<std::vector<SlotRecord>> withSerialOf(
    sql::Session& session, const model::CertificateFacts& certificate)
{
    if (certificate.selfSigned) return std::vector<SlotRecord>();
    return read(session, "serial = ? AND issuer = ? AND fingerprint <> ? LIMIT ?",
        {certificate.serial, certificate.issuer, certificate.fingerprint.text(), serialLimit});
}

Result<std::vector<SlotRecord>> withSerial(sql::Session& session, const std::string& serial)
{
    return read(session, "serial = ? LIMIT ?", {serial, serialLimit});
}

Result<std::vector<Holder>> everWithSerial(sql::Session& session, const std::string& serial)
{
    const auto rows = session.query(
        "SELECT slot_history.agent_id, slot_id, COALESCE(agents.host, '') FROM slot_history LEFT "
        "JOIN agents ON agents.agent_id = slot_history.agent_id WHERE serial = ? ORDER BY "
        "position",
        {serial});
    if (!rows) return rows.error();
    std::vector<Holder> holders;
    for (const auto& row : *rows)
        holders.push_back({row.text(0), row.text(1), row.text(2)});
    return holders;
}

Status addToHistory(sql::Session& session, const std::string& agent, const std::string& slot,
    const std::string& serial)
{
    const auto added = session.execute(
        "INSERT OR IGNORE INTO slot_history (agent_id, slot_id, serial) VALUES (?, ?, ?)",
        {agent, slot, serial});
    if (!added) return added.error();
    return *added == 0 ? Status() : pruneHistory(session, agent, slot);
}

} // namespace perennial::controller::slots
