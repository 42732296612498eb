#include "controller/enrollment/storage/revocation_store.h"

#include "controller/enrollment/storage/event_list.h"

namespace perennial::enrollment::server {

namespace {

constexpr const char* columns =
    "SELECT serial, reason, revoked_at, revoked_by, not_after, change FROM revocations ";
constexpr std::int64_t keptLists = 20; // of each kind

std::int64_t toStored(TimePoint time) { return time.time_since_epoch().count(); }
TimePoint fromStored(std::int64_t seconds) { return TimePoint(Duration(seconds)); }

RevocationRecord recordOf(const sql::Row& row)
{
    return {row.text(0),
        x509::reasonFromNumber(row.integer(1)).value_or(x509::RevocationReason::Unspecified),
        fromStored(row.integer(2)), row.text(3), fromStored(row.integer(4)), row.integer(5)};
}

} // namespace

Status RevocationStore::put(
    const RevocationRecord& record, const std::string& eventKind, TimePoint now, const Json& event)
{
    return database_.transaction([&](sql::Session& session) -> Status {
        const auto written = session.execute(
            "INSERT INTO revocations (serial, reason, revoked_at, revoked_by, not_after, change) "
            "VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(change), 0) + 1 FROM revocations)) "
            "ON CONFLICT (serial) DO UPDATE SET reason = excluded.reason, "
            "revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by, "
            "change = excluded.change",
            {record.serial, static_cast<std::int64_t>(record.reason), toStored(record.revokedAt),
                record.revokedBy, toStored(record.notAfter)});
        if (!written) return written.error();
        const auto marked = session.execute("UPDATE certificates SET revoked = ? WHERE serial = ?",
            {std::int64_t{record.isRevoked() ? 1 : 0}, record.serial});
        if (!marked) return marked.error();
        return insertEvent(session, eventKind, now, event);
    });
}

Result<std::optional<RevocationRecord>> RevocationStore::find(const std::string& serial)
{
    std::optional<RevocationRecord> found;
    const auto done = database_.read([&](sql::Session& session) -> Status {
        const auto rows = session.query(std::string(columns) + "WHERE serial = ?", {serial});
        if (!rows) return rows.error();
        if (!rows->empty()) found = recordOf(rows->front());
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<std::vector<RevocationRecord>> RevocationStore::all(TimePoint notBefore, std::int64_t change)
{
    std::vector<RevocationRecord> found;
    const auto done = database_.read([&](sql::Session& session) -> Status {
        const auto rows =
            session.query(std::string(columns) + "WHERE not_after >= ? AND change > ? "
                                                 "ORDER BY change",
                {toStored(notBefore), change});
        if (!rows) return rows.error();
        for (const auto& row : *rows)
            found.push_back(recordOf(row));
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<std::int64_t> RevocationStore::lastChange()
{
    std::int64_t last = 0;
    const auto done = database_.read([&](sql::Session& session) -> Status {
        const auto rows = session.query("SELECT coalesce(max(change), 0) FROM revocations");
        if (!rows) return rows.error();
        last = rows->front().integer(0);
        return {};
    });
    if (!done) return done.error();
    return last;
}

Status RevocationStore::addLists(
    const std::vector<RevocationListRecord>& lists, TimePoint now, const Json& event)
{
    return database_.transaction([&](sql::Session& session) -> Status {
        for (const auto& list : lists) {
            const auto written = session.execute(
                "INSERT INTO revocation_lists (kind, number, next_publish, last_change, der) "
                "VALUES (?, ?, ?, ?, ?)",
                {list.kind, list.number, toStored(list.nextPublish), list.lastChange,
                    sql::Blob{list.der}});
            if (!written) return written.error();
            const auto thinned = session.execute(
                "DELETE FROM revocation_lists WHERE kind = ? AND number <= (SELECT number FROM "
                "revocation_lists WHERE kind = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
                {list.kind, list.kind, keptLists});
            if (!thinned) return thinned.error();
        }
        return insertEvent(session, "crl.published", now, event);
    });
}

Result<std::optional<RevocationListRecord>> RevocationStore::latestList(const std::string& kind)
{
    std::optional<RevocationListRecord> found;
    const auto done = database_.read([&](sql::Session& session) -> Status {
        const auto rows = session.query("SELECT kind, number, next_publish, last_change, der FROM "
                                        "revocation_lists WHERE kind = ? ORDER BY number DESC "
                                        "LIMIT 1",
            {kind});
        if (!rows) return rows.error();
        if (rows->empty()) return {};
        const auto& row = rows->front();
        found = RevocationListRecord{
            row.text(0), row.integer(1), fromStored(row.integer(2)), row.integer(3), row.blob(4)};
        return {};
    });
    if (!done) return done.error();
    return found;
}

} // namespace perennial::enrollment::server
