#pragma once

#include "shared/base/json.h"
#include "shared/model/audit_event.h"
#include "shared/model/order.h"
#include "shared/model/policy.h"
#include "shared/model/slot.h"

#include <map>
#include <string>
#include <vector>

// Agent <-> controller, JSON over HTTPS under /v1; docs/agent_protocol.md has each message. A pair
// of functions per message. Version N and N-1 are understood; unknown members of a known version
// are refused.
namespace perennial::protocol {

inline constexpr int version = 1;

// POST /v1/join (no client certificate; the token authenticates) -> JoinAnswer
struct JoinRequest {
    std::string token; // secret part; travels once, inside TLS to the pinned controller
    std::string hostName;
    std::string requestPem; // PKCS#10 for the identity
};
struct JoinAnswer {
    model::AgentId agent;
    std::string identityPem;  // certificate, leaf first
    std::string authorityPem; // the controller's CA: what the agent trusts from now on
    std::map<std::string, std::string> labels; // bound to the token by the operator
};

// POST /v1/identity (mTLS) -> {"identity": PEM}
struct IdentityRequest {
    std::string requestPem;
};

// POST /v1/checkin (mTLS) -> CheckinAnswer. Small: it is asked all the time.
struct Checkin {
    std::string epoch;              // changes when the agent's numbering starts anew
    std::int64_t policyVersion = 0; // held by the agent
    std::string policyCommit;
    std::string inventoryDigest; // SHA-256 hex of the last inventory sent; empty: none
    std::int64_t pendingEvents = 0;
};
struct CheckinAnswer {
    Duration nextCheckin{60};
    std::int64_t policyVersion = 0; // differs from the agent's: fetch /v1/documents
    std::string policyCommit;
    bool wantInventory = false;
    std::vector<model::Order> orders; // open ones for this agent; repeated until answered by events
    TimePoint controllerTime;
};

// GET /v1/documents (mTLS) -> Documents
struct Documents {
    model::PolicyManifest manifest;
    std::vector<model::PolicyDocument> documents;
    std::map<std::string, std::string> labels; // of this agent, as the controller was told at join
};

// POST /v1/inventory (mTLS): model::InventoryReport -> {"digest": ...}
// POST /v1/events (mTLS): events numbered by the agent, in order -> {"acknowledged": n}
struct EventBatch {
    std::string epoch;
    std::vector<model::AuditEvent> events; // at most 500
};

Json toJson(const JoinRequest&);
Result<JoinRequest> joinRequestFromJson(const Json&);
Json toJson(const JoinAnswer&);
Result<JoinAnswer> joinAnswerFromJson(const Json&);
Json toJson(const IdentityRequest&);
Result<IdentityRequest> identityRequestFromJson(const Json&);
Json toJson(const Checkin&);
Result<Checkin> checkinFromJson(const Json&);
Json toJson(const CheckinAnswer&);
Result<CheckinAnswer> checkinAnswerFromJson(const Json&);
Json toJson(const Documents&);
Result<Documents> documentsFromJson(const Json&);
Json toJson(const model::InventoryReport&);
Result<model::InventoryReport> inventoryReportFromJson(const Json&);
Json toJson(const EventBatch&);
Result<EventBatch> eventBatchFromJson(const Json&);
Json toJson(const model::Order&);
Result<model::Order> orderFromJson(const Json&);
Json toJson(const model::Slot&);
Result<model::Slot> slotFromJson(const Json&);
std::string inventoryDigest(const model::InventoryReport&); // of the slots, not of the scan's time

// A join token as text: "perennial-join.1.<id>.<secret base64url>.<authority SPKI SHA-256 hex>"
struct JoinToken {
    std::string id;
    std::string secret;
    std::string authorityPin;
};
std::string toText(const JoinToken&);
Result<JoinToken> joinTokenFromText(const std::string&);

} // namespace perennial::protocol
