#include "controller/storage/authority_store.h"

#include "controller/storage/stored_values.h"

#include <charconv>

namespace perennial::controller::authority {

namespace {

constexpr const char* cursorName = "enrollment_watch/cursor";

} // namespace

Status addRevocation(sql::Session& session, const std::string& serial, const std::string& reason)
{
    return statusOf(session.execute("INSERT INTO ca_revocations (serial, reason) VALUES (?, ?) ON "
                                    "CONFLICT (serial) DO UPDATE SET reason = excluded.reason",
        {serial, reason}));
}

Status removeRevocation(sql::Session& session, const std::string& serial)
{
    return statusOf(session.execute("DELETE FROM ca_revocations WHERE serial = ?", {serial}));
}

Result<std::optional<std::string>> revocationOf(sql::Session& session, const std::string& serial)
{
    const auto rows = session.query("SELECT reason FROM ca_revocations WHERE serial = ?", {serial});
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
    const auto rows = session.query("SELECT serial, renews, requester, address, public_key, "
                                    "issued_at, heard_at FROM ca_renewals WHERE renews <> '' "
                                    "ORDER BY issued_at, serial");
    if (!rows) return rows.error();
    std::vector<Renewal> found;
    for (const auto& row : *rows)
        found.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
            fromStored(row.integer(5)), fromStored(row.integer(6))});
    return found;
}

Result<bool> isRecent(sql::Session& session, const std::string& serial)
{
    const auto rows = session.query("SELECT 1 FROM ca_renewals WHERE serial = ?", {serial});
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

Result<std::int64_t> cursor(sql::Session& session)
{
    const auto rows = session.query("SELECT value FROM settings WHERE name = ?", {cursorName});
    if (!rows) return rows.error();
    std::int64_t event = 0;
    if (!rows->empty()) {
        const auto& text = rows->front().text(0);
        (void)std::from_chars(text.data(), text.data() + text.size(), event);
    }
    return event;
}

Status setCursor(sql::Session& session, std::int64_t event)
{
    return statusOf(session.execute("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT "
                                    "(name) DO UPDATE SET value = excluded.value",
        {cursorName, std::to_string(event)}));
}

} // namespace perennial::controller::authority
