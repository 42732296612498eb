#pragma once

#include "controller/api/identity_authority.h"
#include "controller/storage/access_store.h"
#include "controller/storage/agent_store.h"
#include "shared/model/audit_event.h"
#include "shared/protocol/agent_messages.h"

namespace perennial::controller {

// Hands out one-time tokens and turns each into one agent.
class JoinDesk {
public:
    static constexpr Duration longestTokenLife = std::chrono::hours(1);

    JoinDesk(sql::Database& database, const IdentityAuthority& authority, const Clock& clock)
        : database_(database), authority_(authority), clock_(clock)
    {
    }

    struct NewToken {
        protocol::JoinToken token;
        TimePoint expires;
    };
    Result<NewToken> createToken(const std::string& host,
        const std::map<std::string, std::string>& labels, Duration life, const model::Actor& by);
    Status revokeToken(const std::string& id, const model::Actor& by);

    // PermissionDenied, always with the same text to the caller: a token that is unknown, used,
    // expired, revoked or for another host. The reason is in the event agent.auth_failed.
    // An agent whose identity has expired joins again as itself; one whose identity lasts is not
    // replaced.
    Result<protocol::JoinAnswer> join(
        const protocol::JoinRequest& request, const std::string& address);
    // That so many were refused that further ones are not told of for a while.
    Status tellOfMany(const std::string& address);
    Result<std::string> renewIdentity(const AgentRecord& agent, const std::string& requestPem);

private:
    Status enter(sql::Session& session, const AgentRecord& record, const std::string& kind,
        const std::string& tokenId, const std::string& address);
    Status refuse(const std::string& host, const std::string& address, const std::string& reason);

    sql::Database& database_;
    const IdentityAuthority& authority_;
    const Clock& clock_;
};

} // namespace perennial::controller
