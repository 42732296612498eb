#pragma once

#include "shared/base/clock.h"
#include "shared/model/identifiers.h"
#include "shared/sql/database.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::controller {

struct AgentRecord {
    model::AgentId agent;
    std::string host;
    std::map<std::string, std::string> labels; // bound to the join token by the operator
    std::string state = "active";              // "active", "silent", "revoked"
    TimePoint joinedAt;
    TimePoint lastSeen;
    TimePoint identityNotAfter;
    std::string epoch;             // of the agent's event numbering
    std::int64_t lastSequence = 0; // of its events that are in our log
    std::string inventoryDigest;
    std::string policyCommit;
    bool quarantined = false; // two copies of it were heard

    bool mayWork() const { return state != "revoked" && !quarantined; }
};

// Every call works inside the caller's transaction.
namespace agents {

Status insert(sql::Session& session, const AgentRecord& agent);
Result<std::optional<AgentRecord>> find(sql::Session& session, const model::AgentId& agent);
Result<std::vector<AgentRecord>> all(sql::Session& session);
// The one that is not revoked; there is at most one.
Result<std::optional<AgentRecord>> ofHost(sql::Session& session, const std::string& host);
Status setState(sql::Session& session, const model::AgentId& agent, const std::string& state);
Status setSequence(sql::Session& session, const model::AgentId& agent, const std::string& epoch,
    std::int64_t sequence);
Status setInventoryDigest(
    sql::Session& session, const model::AgentId& agent, const std::string& digest);
Status setIdentityNotAfter(sql::Session& session, const model::AgentId& agent, TimePoint notAfter);
// It joined again: the labels of its new token, its new identity.
Status rejoin(sql::Session& session, const model::AgentId& agent,
    const std::map<std::string, std::string>& labels, TimePoint now, TimePoint notAfter);
// Two copies of it were heard; and the end of that, which also forgets its instances.
Status quarantine(sql::Session& session, const model::AgentId& agent, TimePoint now);
Status release(sql::Session& session, const model::AgentId& agent);
// The processes that checked in, oldest first.
Result<std::map<model::AgentId, std::vector<std::string>>> instances(sql::Session& session);
Status addInstance(
    sql::Session& session, const model::AgentId& agent, const std::string& instance, TimePoint now);
Status setSeen(sql::Session& session, const model::AgentId& agent, TimePoint lastSeen,
    const std::string& policyCommit);

} // namespace agents

std::string labelsToText(const std::map<std::string, std::string>& labels); // JSON
std::map<std::string, std::string> labelsFromText(const std::string& text);

} // namespace perennial::controller
