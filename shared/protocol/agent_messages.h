#pragma once

#include "shared/base/json.h"
#include "shared/model/audit_event.h"
#include "shared/model/order.h"
#include "shared/model/policy.h"
#include "shared/model/slot.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

// Agent <-> controller, JSON over HTTPS under /v1; docs/agent_protocol.md has each message. A pair
// of functions per message. Every message names its version; N and N-1 are understood. A reader
// refuses members it does not know, so a new member needs a new version. What holds a PEM private
// key is refused whole (PermissionDenied); everything else that is wrong is InvalidInput.
namespace perennial::protocol {

inline constexpr int version = 1;

// For Json::parse, and for the server before it reads a body, by the size a message can have. Small
// are join, identity and check-in: their largest member is a PKCS#10 request, 6 KB for an RSA key
// of 16,384 bits, and the first of them comes from whoever reaches the port.
inline constexpr Json::Limits smallMessage{64U << 10U, 16, 1000};
inline constexpr Json::Limits documentsMessage{16U << 20U, 16, 50'000};
inline constexpr Json::Limits inventoryMessage{64U << 20U, 16, 2'000'000};
inline constexpr Json::Limits eventsMessage{10U << 20U, 32, 500'000};

inline constexpr std::size_t documentsLimit = 1000;
inline constexpr std::size_t documentLimit = 1U << 20U; // bytes of one
inline constexpr std::size_t signaturesLimit = 100;
inline constexpr std::size_t slotsLimit = 20'000;
inline constexpr std::size_t eventsLimit = 500;

// POST /v1/join (no client certificate; the token authenticates) -> JoinAnswer
struct JoinRequest {
    std::string token; // JoinToken::secret; travels once, inside TLS to the pinned controller
    std::string hostName;
    std::string requestPem; // PKCS#10 for the identity
};
struct JoinAnswer {
    model::AgentId agent;
    std::string identityPem;  // certificate, leaf first
    std::string authorityPem; // the controller's CA: what the agent trusts from now on
    std::map<std::string, std::string> labels; // bound to the token by the operator
};

// POST /v1/identity (mTLS) -> IdentityAnswer
struct IdentityRequest {
    std::string requestPem;
};
struct IdentityAnswer {
    std::string identityPem; // certificate, leaf first
};

// POST /v1/checkin (mTLS) -> CheckinAnswer. Small: it is asked all the time.
struct Checkin {
    std::string epoch;              // changes when the agent's numbering starts anew
    std::string instance;           // of this process: random, new at every start
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
    bool quarantined = false; // two copies of this agent were heard: nothing else is answered
};

// GET /v1/documents (mTLS) -> Documents
// GET /v1/signed-documents (mTLS) -> Documents, with what its owners signed where there is any. A
// call of its own, so that an agent that knows nothing of it never sees the member.
struct Documents {
    model::PolicyManifest manifest;
    std::optional<model::SignedManifest> signedManifest;
    std::vector<model::PolicyDocument> documents;
    std::map<std::string, std::string> labels; // of this agent, as the controller was told at join
};

// POST /v1/inventory (mTLS): model::InventoryReport -> {"digest": ...}. Of a slot's certificate the
// PEM is believed: with one, the facts are taken from it, and the fingerprint must be its own.
// POST /v1/events (mTLS): events numbered by the agent, in order -> {"acknowledged": n}
struct EventBatch {
    std::string epoch;
    std::vector<model::AuditEvent> events; // at most eventsLimit
};

Json toJson(const JoinRequest&);
Result<JoinRequest> joinRequestFromJson(const Json&);
Json toJson(const JoinAnswer&);
Result<JoinAnswer> joinAnswerFromJson(const Json&);
Json toJson(const IdentityRequest&);
Result<IdentityRequest> identityRequestFromJson(const Json&);
Json toJson(const IdentityAnswer&);
Result<IdentityAnswer> identityAnswerFromJson(const Json&);
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

// Whether any text in it has a PEM private key; and the refusal.
bool carriesPrivateKey(const Json&);
Status refusePrivateKeys(const Json&, const std::string& message);

// A join token as text: "perennial-join.1.<id>.<secret base64url>.<authority SPKI SHA-256 hex>"
struct JoinToken {
    std::string id;           // a safe identifier without '.'
    std::string secret;       // base64url text of at least 16 random bytes
    std::string authorityPin; // publicKeyPin() of the controller's authority
};
std::string toText(const JoinToken&);
Result<JoinToken> joinTokenFromText(const std::string&);

} // namespace perennial::protocol
