#include "controller/enrollment/storage/event_list.h"

#include "shared/x509/digest.h"

namespace perennial::enrollment::server {

namespace {

constexpr const char* eventColumns = "SELECT id, time, kind, details FROM events ";

std::string digestOf(const sql::Row& row, const std::string& database)
{
    return x509::sha256Hex(database + "\n" + std::to_string(row.integer(0)) + "\n" +
                           std::to_string(row.integer(1)) + "\n" + row.text(2) + "\n" + row.text(3));
}

Result<EventRecord> eventOf(const sql::Row& row, const std::string& database)
{
    auto details = Json::parse(row.text(3));
    if (!details) return Error{ErrorKind::Corrupt, "event " + std::to_string(row.integer(0))};
    return EventRecord{row.integer(0), TimePoint(Duration(row.integer(1))), row.text(2),
        *std::move(details), digestOf(row, database)};
}

Status readPage(sql::Session& session, std::int64_t after, std::int64_t limit, EventPage& page)
{
    const auto known =
        session.query("SELECT id, (SELECT COALESCE(MAX(id), 0) FROM events) FROM database_identity");
    if (!known) return known.error();
    if (known->size() != 1)
        return Error{ErrorKind::Corrupt, "the database has lost its identity"};
    page.database = known->front().text(0);
    page.newest = known->front().integer(1);
    const auto before = session.query(std::string(eventColumns) + "WHERE id = ?", {after});
    if (!before) return before.error();
    if (!before->empty()) page.afterDigest = digestOf(before->front(), page.database);
    const auto rows =
        session.query(std::string(eventColumns) + "WHERE id > ? ORDER BY id LIMIT ?", {after, limit});
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
        auto event = eventOf(row, page.database);
        if (!event) return event.error();
        page.items.push_back(*std::move(event));
    }
    return {};
}

} // namespace

Status insertEvent(
    sql::Session& session, const std::string& kind, TimePoint time, const Json& details)
{
    const auto done = session.execute("INSERT INTO events (time, kind, details) VALUES (?, ?, ?)",
        {std::int64_t{time.time_since_epoch().count()}, kind, details.canonical()});
    if (!done) return done.error();
    return {};
}

Result<EventPage> readEvents(sql::Database& database, std::int64_t after, std::int64_t limit)
{
    EventPage page;
    const auto done = database.read(
        [&](sql::Session& session) { return readPage(session, after, limit, page); });
    if (!done) return done.error();
    return page;
}

} // namespace perennial::enrollment::server
