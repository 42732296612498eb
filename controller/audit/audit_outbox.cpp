#include "controller/audit/audit_outbox.h"

#include <string>

namespace perennial::controller {

Status AuditOutbox::add(sql::Session& session, const model::AuditEvent& event)
{
    const auto json = model::toJson(event);
    if (!json) return json.error();
    const auto added =
        session.execute("INSERT INTO audit_outbox (event) VALUES (?)", {json->canonical()});
    return added ? Status() : added.error();
}

Result<std::vector<AuditOutbox::Row>> AuditOutbox::oldest(sql::Session& session, std::size_t limit)
{
    const auto found =
        session.query("SELECT position, event FROM audit_outbox ORDER BY position LIMIT ?",
            {static_cast<std::int64_t>(limit)});
    if (!found) return found.error();
    std::vector<Row> rows;
    for (const auto& row : *found)
        rows.push_back({row.integer(0), row.text(1)});
    return rows;
}

Status AuditOutbox::removeUpTo(sql::Session& session, std::int64_t position)
{
    const auto removed =
        session.execute("DELETE FROM audit_outbox WHERE position <= ?", {position});
    return removed ? Status() : removed.error();
}

Result<std::int64_t> AuditOutbox::waiting(sql::Session& session)
{
    const auto found = session.query("SELECT COUNT(*) FROM audit_outbox");
    if (!found) return found.error();
    return found->at(0).integer(0);
}

Result<std::string> AuditOutbox::knownCheckpoint(sql::Session& session)
{
    const auto found = session.query("SELECT value FROM audit_state WHERE name = 'checkpoint'");
    if (!found) return found.error();
    return found->empty() ? std::string() : found->front().text(0);
}

Status AuditOutbox::knowCheckpoint(sql::Session& session, const std::string& note)
{
    const auto stored =
        session.execute("INSERT INTO audit_state (name, value) VALUES ('checkpoint', ?) "
                        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            {note});
    return stored ? Status() : stored.error();
}

} // namespace perennial::controller
