#pragma once

#include "controller/api/agent_directory.h"
#include "controller/api/failure_limit.h"
#include "controller/api/join_desk.h"
#include "controller/api/quarantine.h"
#include "controller/audit/audit_log.h"
#include "controller/audit/feed.h"
#include "controller/audit/publisher.h"
#include "controller/policy_source/policy_source.h"
#include "controller/scheduling/order_desk.h"
#include "controller/storage/access_store.h"
#include "shared/base/log.h"
#include "shared/http/server/api_roles.h"
#include "shared/http/server/http_server.h"

#include <functional>
#include <span>
#include <string_view>

namespace perennial::controller {

// What the operator API is made of. docs/openapi.yaml describes every call.
struct OperatorParts {
    std::string name; // of the controller
    sql::Database& database;
    AgentDirectory& directory;
    Quarantine& quarantine;
    JoinDesk& joinDesk;
    OrderDesk& orders;
    PolicySource& policies;
    AuditLog& log;
    const Publisher& publisher;
    const Clock& clock;
    const Log& operations;
    Duration silentAfter;
    bool watchesEnrollment;
    std::function<void()> changed;                      // something was written
    std::function<Status()> refreshPolicies;            // fetch now
    std::function<std::vector<std::string>()> notReady; // reasons; empty: ready
};

// Default deny: a token is needed for everything but /healthz and /readyz, and a role for each
// call.
class OperatorApi {
public:
    explicit OperatorApi(OperatorParts parts) : parts_(std::move(parts)), feed_(parts_.log) {}

    // The largest body is a join token's host and labels; the token is looked at when it is here.
    static constexpr std::size_t mostBytes = 64U << 10U;

    http::Answer answer(const http::Call& call);

    struct Asked {
        OperatorApi& api;
        const OperatorRecord& who; // nobody where everybody may
        const http::Call& call;
        std::string id; // what stands for {...} in the route's path
    };
    struct Route {
        std::string_view method;
        std::string_view path; // one segment may be {...}
        http::Answer (*answer)(const Asked& asked);
        http::Access access;
    };
    // Every call that there is; docs/openapi.yaml has the same list.
    static std::span<const Route> routes();

private:
    http::Answer ready() const;
    http::Answer metrics() const;
    http::Answer checkpoint() const;
    http::Answer refreshPolicies();
    http::Answer revokeToken(const Asked& asked);
    http::Answer releaseAgent(const Asked& asked);
    http::Answer auditEvents(const http::Call& call);
    http::Answer orderRenewal(const OperatorRecord& who, const http::Call& call);
    http::Answer createToken(const OperatorRecord& who, const http::Call& call);
    http::Answer revokeAgent(
        const OperatorRecord& who, const model::AgentId& agent, const http::Call& call);
    Result<std::optional<OperatorRecord>> whoIs(const http::Call& call);
    http::Answer refuseStranger(const http::Call& call);
    void tellOfRefusal(const http::Call& call, const std::string& reason);

    OperatorParts parts_;
    Feed feed_;
    FailureLimit badTokens_{forStrangers};
};

} // namespace perennial::controller
