#include "controller/storage/access_store.h"

#include "controller/storage/agent_store.h"
#include "controller/storage/stored_values.h"

namespace perennial::controller {

namespace access {

namespace {

constexpr const char* tokenColumns =
    "SELECT id, secret_hash, host, labels, created_by, expires, used_at, used_by, revoked FROM "
    "join_tokens ";

JoinTokenRecord tokenOf(const sql::Row& row)
{
    return {row.text(0), row.text(1), row.text(2), labelsFromText(row.text(3)), row.text(4),
        fromStored(row.integer(5)), fromStored(row.integer(6)), row.text(7), row.integer(8) != 0};
}

} // namespace

Status insertToken(sql::Session& session, const JoinTokenRecord& t)
{
    return statusOf(session.execute("INSERT INTO join_tokens (id, secret_hash, host, labels, "
                                    "created_by, expires, used_at, used_by, revoked) "
                                    "VALUES (?, ?, ?, ?, ?, ?, 0, '', 0)",
        {t.id, t.secretHash, t.host, labelsToText(t.labels), t.createdBy, toStored(t.expires)}));
}

Result<std::vector<JoinTokenRecord>> tokens(sql::Session& session)
{
    const auto rows =
        session.query(std::string(tokenColumns) + "ORDER BY expires DESC, id LIMIT 1000");
    if (!rows) return rows.error();
    std::vector<JoinTokenRecord> found;
    for (const auto& row : *rows)
        found.push_back(tokenOf(row));
    return found;
}

Result<std::optional<JoinTokenRecord>> findTokenBySecret(
    sql::Session& session, const std::string& secretHash)
{
    const auto rows =
        session.query(std::string(tokenColumns) + "WHERE secret_hash = ?", {secretHash});
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<JoinTokenRecord>();
    return std::optional<JoinTokenRecord>(tokenOf(rows->front()));
}

Result<bool> claimToken(
    sql::Session& session, const std::string& id, const std::string& agent, TimePoint now)
{
    const auto changed = session.execute("UPDATE join_tokens SET used_at = ?, used_by = ? WHERE id "
                                         "= ? AND used_at = 0 AND revoked = 0",
        {toStored(now), agent, id});
    if (!changed) return changed.error();
    return *changed == 1;
}

Result<bool> revokeToken(sql::Session& session, const std::string& id)
{
    const auto changed =
        session.execute("UPDATE join_tokens SET revoked = 1 WHERE id = ? AND used_at = 0", {id});
    if (!changed) return changed.error();
    return *changed == 1;
}

Status putOperator(sql::Session& session, const OperatorRecord& who, const std::string& tokenHash)
{
    return statusOf(session.execute("INSERT INTO operators (name, role, token_hash) VALUES (?, ?, "
                                    "?) ON CONFLICT (name) DO UPDATE SET role "
                                    "= excluded.role, token_hash = excluded.token_hash",
        {who.name, who.role, tokenHash}));
}

Result<std::optional<OperatorRecord>> findOperator(
    sql::Session& session, const std::string& tokenHash)
{
    const auto rows =
        session.query("SELECT name, role FROM operators WHERE token_hash = ?", {tokenHash});
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<OperatorRecord>();
    return std::optional<OperatorRecord>({rows->front().text(0), rows->front().text(1)});
}

} // namespace access

Result<std::string> readSetting(sql::Session& session, const std::string& name)
{
    const auto rows = session.query("SELECT value FROM settings WHERE name = ?", {name});
    if (!rows) return rows.error();
    return rows->empty() ? std::string() : rows->front().text(0);
}

Status writeSetting(sql::Session& session, const std::string& name, const std::string& value)
{
    return statusOf(session.execute(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
        "excluded.value",
        {name, value}));
}

} // namespace perennial::controller
