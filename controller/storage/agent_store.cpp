#include "controller/storage/agent_store.h"

#include "controller/storage/stored_values.h"
#include "shared/base/json.h"

namespace perennial::controller {

namespace {

constexpr const char* columns =
    "SELECT agent_id, host, labels, state, joined_at, last_seen, identity_not_after, epoch, "
    "last_sequence, inventory_digest, policy_commit, "
    "(SELECT COUNT(*) FROM quarantines q WHERE q.agent_id = agents.agent_id) FROM agents ";

AgentRecord recordOf(const sql::Row& row)
{
    return {model::AgentId(row.text(0)), row.text(1), labelsFromText(row.text(2)), row.text(3),
        fromStored(row.integer(4)), fromStored(row.integer(5)), fromStored(row.integer(6)),
        row.text(7), row.integer(8), row.text(9), row.text(10), row.integer(11) != 0};
}

} // namespace

std::string labelsToText(const std::map<std::string, std::string>& labels)
{
    Json json(Json::Object{});
    for (const auto& [key, value] : labels)
        json[key] = value;
    return json.canonical();
}

std::map<std::string, std::string> labelsFromText(const std::string& text)
{
    std::map<std::string, std::string> labels;
    const auto json = Json::parse(text);
    if (!json || json->object() == nullptr) return labels;
    for (const auto& [key, value] : *json->object()) {
        if (value.string() != nullptr) labels[key] = *value.string();
    }
    return labels;
}

namespace agents {

Status insert(sql::Session& session, const AgentRecord& a)
{
    return statusOf(session.execute(
        "INSERT INTO agents (agent_id, host, labels, state, joined_at, last_seen, "
        "identity_not_after, epoch, "
        "last_sequence, inventory_digest, policy_commit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {a.agent.text(), a.host, labelsToText(a.labels), a.state, toStored(a.joinedAt),
            toStored(a.lastSeen), toStored(a.identityNotAfter), a.epoch, a.lastSequence,
            a.inventoryDigest, a.policyCommit}));
}

Result<std::optional<AgentRecord>> find(sql::Session& session, const model::AgentId& agent)
{
    const auto rows = session.query(std::string(columns) + "WHERE agent_id = ?", {agent.text()});
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<AgentRecord>();
    return std::optional<AgentRecord>(recordOf(rows->front()));
}

Result<std::vector<AgentRecord>> all(sql::Session& session)
{
    const auto rows = session.query(std::string(columns) + "ORDER BY host, agent_id");
    if (!rows) return rows.error();
    std::vector<AgentRecord> found;
    for (const auto& row : *rows)
        found.push_back(recordOf(row));
    return found;
}

Result<std::optional<AgentRecord>> ofHost(sql::Session& session, const std::string& host)
{
    const auto rows =
        session.query(std::string(columns) + "WHERE host = ? AND state <> 'revoked'", {host});
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<AgentRecord>();
    return std::optional<AgentRecord>(recordOf(rows->front()));
}

Status rejoin(sql::Session& session, const model::AgentId& agent,
    const std::map<std::string, std::string>& labels, TimePoint now, TimePoint notAfter)
{
    return statusOf(session.execute("UPDATE agents SET labels = ?, last_seen = ?, "
                                    "identity_not_after = ? WHERE agent_id = ?",
        {labelsToText(labels), toStored(now), toStored(notAfter), agent.text()}));
}

Status setState(sql::Session& session, const model::AgentId& agent, const std::string& state)
{
    return statusOf(
        session.execute("UPDATE agents SET state = ? WHERE agent_id = ?", {state, agent.text()}));
}

Status setSequence(sql::Session& session, const model::AgentId& agent, const std::string& epoch,
    std::int64_t sequence)
{
    return statusOf(
        session.execute("UPDATE agents SET epoch = ?, last_sequence = ? WHERE agent_id = ?",
            {epoch, sequence, agent.text()}));
}

Status setInventoryDigest(
    sql::Session& session, const model::AgentId& agent, const std::string& digest)
{
    return statusOf(session.execute(
        "UPDATE agents SET inventory_digest = ? WHERE agent_id = ?", {digest, agent.text()}));
}

Status setIdentityNotAfter(sql::Session& session, const model::AgentId& agent, TimePoint notAfter)
{
    return statusOf(session.execute("UPDATE agents SET identity_not_after = ? WHERE agent_id = ?",
        {toStored(notAfter), agent.text()}));
}

Status quarantine(sql::Session& session, const model::AgentId& agent, TimePoint now)
{
    return statusOf(session.execute(
        "INSERT INTO quarantines (agent_id, since) VALUES (?, ?)", {agent.text(), toStored(now)}));
}

Status release(sql::Session& session, const model::AgentId& agent)
{
    for (const auto* statement : {"DELETE FROM quarantines WHERE agent_id = ?",
             "DELETE FROM agent_instances WHERE agent_id = ?"}) {
        if (auto done = session.execute(statement, {agent.text()}); !done) return done.error();
    }
    return {};
}

Result<std::map<model::AgentId, std::vector<std::string>>> instances(sql::Session& session)
{
    const auto rows =
        session.query("SELECT agent_id, instance FROM agent_instances ORDER BY agent_id, position");
    if (!rows) return rows.error();
    std::map<model::AgentId, std::vector<std::string>> found;
    for (const auto& row : *rows)
        found[model::AgentId(row.text(0))].push_back(row.text(1));
    return found;
}

Status addInstance(
    sql::Session& session, const model::AgentId& agent, const std::string& instance, TimePoint now)
{
    if (auto added = session.execute(
            "INSERT INTO agent_instances (agent_id, instance, first_seen) VALUES (?, ?, ?)",
            {agent.text(), instance, toStored(now)});
        !added)
        return added.error();
    return statusOf(session.execute("DELETE FROM agent_instances WHERE agent_id = ? AND position "
                                    "NOT IN (SELECT position FROM agent_instances WHERE agent_id = "
                                    "? ORDER BY position DESC LIMIT 64)",
        {agent.text(), agent.text()}));
}

Status setSeen(sql::Session& session, const model::AgentId& agent, TimePoint lastSeen,
    const std::string& policyCommit)
{
    return statusOf(
        session.execute("UPDATE agents SET last_seen = ?, policy_commit = ? WHERE agent_id = ?",
            {toStored(lastSeen), policyCommit, agent.text()}));
}

} // namespace agents

} // namespace perennial::controller
