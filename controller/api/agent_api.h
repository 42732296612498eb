#pragma once

#include "controller/api/agent_directory.h"
#include "controller/api/event_intake.h"
#include "controller/api/failure_limit.h"
#include "controller/api/join_desk.h"
#include "controller/api/quarantine.h"
#include "controller/inventory/inventory.h"
#include "controller/policy_source/policy_source.h"
#include "shared/base/log.h"
#include "shared/http/server/http_server.h"

#include <functional>

namespace perennial::controller {

// /v1 for agents: docs/agent_protocol.md. Default deny: a call without a route, an identity or a
// known agent is refused; the deny list is asked at every call, resumed session or not.
class AgentApi {
public:
    struct Parts {
        AgentDirectory& directory;
        Quarantine& quarantine;
        JoinDesk& joinDesk;
        Inventory& inventory;
        EventIntake& intake;
        const PolicySource& policies;
        const Clock& clock;
        const Log& log;
        Duration checkinEvery;
        std::function<void()>
            changed; // something was written: audit log and planner may want to know
    };
    explicit AgentApi(Parts parts) : parts_(std::move(parts)) {}

    // Before a body is read: how much of one the call may bring, if it may come at all.
    http::Admission admit(const http::Call& call);
    http::Answer answer(const http::Call& call);

private:
    http::Admission admitJoin(const http::Call& call);
    // The agent that the client certificate names, whatever has become of it.
    Result<model::AgentId> callerOf(const http::Call& call) const;
    std::optional<AgentRecord> find(const model::AgentId& agent) const; // and may work
    http::Answer join(const http::Call& call);
    http::Answer checkin(const model::AgentId& agent, const http::Call& call);
    http::Answer documents(const AgentRecord& agent, bool withSigned);
    http::Answer inventory(const AgentRecord& agent, const http::Call& call);
    http::Answer inventoryChanges(const AgentRecord& agent, const http::Call& call);
    http::Answer tookInventory(const AgentRecord& agent, const Result<std::string>& digest);
    http::Answer events(const AgentRecord& agent, const http::Call& call);
    http::Answer identity(const AgentRecord& agent, const http::Call& call);
    http::Answer route(const AgentRecord& agent, const http::Call& call);

    Parts parts_;
    FailureLimit joins_{forStrangers};
};

} // namespace perennial::controller
