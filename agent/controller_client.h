#pragma once

#include "agent/agent_identity.h"
#include "shared/http/client/http_client.h"
#include "shared/protocol/agent_messages.h"
#include "shared/protocol/inventory_delta.h"

#include <memory>

namespace perennial::agent {

// The agent's side of docs/agent_protocol.md. One thread.
class ControllerClient {
public:
    // With mTLS, after the joining.
    ControllerClient(std::string url, const AgentIdentity& identity);

    // Before it: the token's pin is all that is known of the controller.
    static Result<protocol::JoinAnswer> join(const std::string& url,
        const protocol::JoinToken& token, const std::string& hostName,
        const std::string& requestPem);

    Result<protocol::CheckinAnswer> checkin(const protocol::Checkin& checkin);
    Result<protocol::Documents> documents(bool withSigned);
    Status sendInventory(const model::InventoryReport& report);
    Status sendChanges(const protocol::InventoryDelta& delta);
    // The number up to which the controller has them.
    Result<std::int64_t> sendEvents(const protocol::EventBatch& batch);
    Result<std::string> renewIdentity(const std::string& requestPem); // PEM

private:
    Result<Json> ask(const std::string& method, const std::string& path, const std::string& body);

    std::string url_;
    http::Client client_;
};

} // namespace perennial::agent
