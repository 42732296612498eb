#include "controller/storage/authority_store.h"

#include "controller/storage/access_store.h"
#include "controller/storage/stored_values.h"
#include "shared/base/json.h"

#include <charconv>
#include <set>

namespace perennial::controller::authority {

namespace {

constexpr const char* stateName = "enrollment_watch/state";
constexpr const char* cursorName = "enrollment_watch/cursor"; // of versions before

Result<WatchState> fromJson(const std::string& text)
{
    const auto json = Json::parse(text);
    if (!json) return Error{ErrorKind::Corrupt, json.error().message};
    JsonReader in(*json, stateName);
    WatchState state;
    state.cursor = in.integer("cursor");
    state.database = in.string("database");
    state.digest = in.string("digest");
    state.newest = in.integer("newest");
    state.restores = in.integer("restores");
    state.restoredAt = fromStored(in.integer("restored_at"));
    state.tries = in.integer("tries");
    state.failingSince = fromStored(in.integer("failing_since"));
    state.problem = in.string("problem");
    if (auto read = in.finish(); !read) return Error{ErrorKind::Corrupt, read.error().message};
    return state;
}

} // namespace

Result<bool> takeRevocation(sql::Session& session, const RevocationEvent& event)
{
    const auto rows = session.query(
        "SELECT event_time, event_id FROM ca_revocations WHERE serial = ?", {event.serial});
    if (!rows) return rows.error();
    const auto place = std::pair(toStored(event.time), event.id);
    if (!rows->empty() && std::pair(rows->front().integer(0), rows->front().integer(1)) >= place)
        return false;
    const auto known = revocationOf(session, event.serial);
    if (!known) return known.error();
    const auto done = session.execute(
        "INSERT INTO ca_revocations (serial, reason, active, event_time, event_id) VALUES (?, ?, "
        "?, ?, ?) ON CONFLICT (serial) DO UPDATE SET reason = excluded.reason, active = "
        "excluded.active, event_time = excluded.event_time, event_id = excluded.event_id",
        {event.serial, event.reason, static_cast<std::int64_t>(event.revoked ? 1 : 0), place.first,
            place.second});
    if (!done) return done.error();
    return event.revoked != known->has_value();
}

Result<std::vector<std::string>> noteTemplateRisks(
    sql::Session& session, const std::string& name, const std::vector<std::string>& risks)
{
    const auto rows =
        session.query("SELECT risk FROM ca_template_risks WHERE template = ?", {name});
    if (!rows) return rows.error();
    std::set<std::string> known;
    for (const auto& row : *rows)
        known.insert(row.text(0));
    const auto cleared =
        session.execute("DELETE FROM ca_template_risks WHERE template = ?", {name});
    if (!cleared) return cleared.error();
    std::vector<std::string> news;
    for (const auto& risk : std::set<std::string>(risks.begin(), risks.end())) {
        const auto kept = session.execute(
            "INSERT INTO ca_template_risks (template, risk) VALUES (?, ?)", {name, risk});
        if (!kept) return kept.error();
        if (known.count(risk) == 0) news.push_back(risk);
    }
    return news;
}

Result<std::optional<std::string>> revocationOf(sql::Session& session, const std::string& serial)
{
    const auto rows = session.query(
        "SELECT reason FROM ca_revocations WHERE serial = ? AND active = 1", {serial});
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<std::string>();
    return std::optional<std::string>(rows->front().text(0));
}

Status addRenewal(sql::Session& session, const Renewal& renewal)
{
    return statusOf(session.execute(
        "INSERT OR IGNORE INTO ca_renewals (serial, renews, requester, address, public_key, "
        "issued_at, heard_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        {renewal.serial, renewal.renews, renewal.requester, renewal.address, renewal.publicKey,
            toStored(renewal.issuedAt), toStored(renewal.heardAt)}));
}

Result<std::vector<Renewal>> renewals(sql::Session& session)
{
    const auto rows =
        session.query("SELECT serial, renews, requester, address, public_key, "
                      "issued_at, heard_at FROM ca_renewals WHERE renews <> '' AND settled "
                      "= 0 ORDER BY issued_at, serial");
    if (!rows) return rows.error();
    std::vector<Renewal> found;
    for (const auto& row : *rows)
        found.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
            fromStored(row.integer(5)), fromStored(row.integer(6))});
    return found;
}

Result<bool> isRecent(sql::Session& session, const std::string& serial)
{
    const auto rows =
        session.query("SELECT 1 FROM ca_renewals WHERE serial = ? AND settled = 0", {serial});
    if (!rows) return rows.error();
    return !rows->empty();
}

Status removeFirstOnes(sql::Session& session, TimePoint heardUntil)
{
    return statusOf(session.execute(
        "DELETE FROM ca_renewals WHERE renews = '' AND heard_at <= ?", {toStored(heardUntil)}));
}

Status removeRenewal(sql::Session& session, const std::string& serial)
{
    return statusOf(session.execute("DELETE FROM ca_renewals WHERE serial = ?", {serial}));
}

Status settleRenewal(sql::Session& session, const std::string& serial)
{
    return statusOf(
        session.execute("UPDATE ca_renewals SET settled = 1 WHERE serial = ?", {serial}));
}

Result<WatchState> watchState(sql::Session& session)
{
    const auto text = readSetting(session, stateName);
    if (!text) return text.error();
    if (!text->empty()) return fromJson(*text);
    const auto before = readSetting(session, cursorName);
    if (!before) return before.error();
    WatchState state;
    (void)std::from_chars(before->data(), before->data() + before->size(), state.cursor);
    return state;
}

Status setWatchState(sql::Session& session, const WatchState& state)
{
    Json json;
    json["cursor"] = state.cursor;
    json["database"] = state.database;
    json["digest"] = state.digest;
    json["newest"] = state.newest;
    json["restores"] = state.restores;
    json["restored_at"] = toStored(state.restoredAt);
    json["tries"] = state.tries;
    json["failing_since"] = toStored(state.failingSince);
    json["problem"] = state.problem;
    return writeSetting(session, stateName, json.canonical());
}

} // namespace perennial::controller::authority
