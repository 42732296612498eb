#pragma once

#include "shared/base/clock.h"
#include "shared/sql/database.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::controller {

// A one-time token for joining; its secret is kept as a hash only.
struct JoinTokenRecord {
    std::string id;
    std::string secretHash;
    std::string host; // that may use it
    std::map<std::string, std::string> labels;
    std::string createdBy;
    TimePoint expires;
    TimePoint usedAt; // 1970: not used
    std::string usedBy;
    bool revoked = false;
};

struct OperatorRecord {
    std::string name;
    std::string role; // "viewer", "auditor", "operator"
};

// Every call works inside the caller's transaction.
namespace access {

Status insertToken(sql::Session& session, const JoinTokenRecord& token);
Result<std::vector<JoinTokenRecord>> tokens(sql::Session& session);
Result<std::optional<JoinTokenRecord>> findTokenBySecret(
    sql::Session& session, const std::string& secretHash);
// Claims it for one agent: false when somebody was faster, or it is revoked.
Result<bool> claimToken(
    sql::Session& session, const std::string& id, const std::string& agent, TimePoint now);
Result<bool> revokeToken(sql::Session& session, const std::string& id);

Status putOperator(sql::Session& session, const OperatorRecord& who, const std::string& tokenHash);
Result<std::optional<OperatorRecord>> findOperator(
    sql::Session& session, const std::string& tokenHash);

} // namespace access

// Small values that belong to nobody else: "" when there is none.
Result<std::string> readSetting(sql::Session& session, const std::string& name);
Status writeSetting(sql::Session& session, const std::string& name, const std::string& value);

} // namespace perennial::controller
