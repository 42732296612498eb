#pragma once

#include "shared/base/clock.h"
#include "shared/base/json.h"
#include "shared/model/slot.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perennial::model {

// The closed list of what the audit log can say. docs/audit_events.md describes each; a test holds
// the two together. A new kind is added there and here in one change.
inline constexpr std::array<std::string_view, 79> eventKinds = {"admin.backup_made",
    "admin.join_token_created", "admin.policies_refreshed", "admin.renewal_requested",
    "admin.restored", "admin.signed_in_failed", "agent.auth_failed", "agent.enrolled",
    "agent.events_dropped", "agent.identity_expired", "agent.identity_renewed", "agent.quarantined",
    "agent.reenrolled", "agent.refused_answer", "agent.released", "agent.revoked", "agent.seq_gap",
    "agent.silent", "agent.state_damaged", "audit.checkpoint", "audit.clock_step", "audit.dropped",
    "audit.loss_risk", "audit.sink_failed", "audit.sink_insecure", "audit.sink_recovered",
    "audit.started", "audit.stopped", "audit.verify_failed", "certificate.changed_outside",
    "certificate.disappeared", "certificate.discovered", "certificate.expired",
    "certificate.expiring", "certificate.foreign_name", "certificate.installed",
    "certificate.installing", "certificate.issued", "certificate.name_shared",
    "certificate.rejected_by_agent", "certificate.revocation_asked", "certificate.revoked",
    "certificate.serial_reused", "certificate.superseded", "certificate.unexplained",
    "enrollment.restored", "enrollment.watch_failed", "enrollment.watch_recovered", "esc.flag",
    "key.destroyed", "key.generated", "policy.applied", "policy.expired", "policy.expiring",
    "policy.rejected", "policy.unchanged", "renewal.abandoned", "renewal.accepted",
    "renewal.already_done", "renewal.autonomous", "renewal.blocked", "renewal.completed",
    "renewal.failed", "renewal.ordered", "renewal.preflight_failed", "renewal.rolled_back",
    "request.denied", "request.pending", "request.submitted", "request.submitting",
    "scan.completed", "scan.failed", "slot.enrollment_needed", "slot.managed", "slot.paused",
    "slot.resumed", "slot.unmanaged", "trust.changed", "trust.refused"};
bool isEventKind(std::string_view kind);

enum class Outcome { Success, Failure, Denied, Unknown };
std::string nameOf(Outcome outcome); // "success", "failure", "denied", "unknown"

struct Actor {
    std::string type; // "human", "agent", "controller", "scheduler"
    std::string id;
    std::string authentication; // "mtls", "token", "join-token", "local", ""
    std::string address;
    friend bool operator==(const Actor&, const Actor&) = default;
};

// One thing that happened. The log adds `seq` and `recorded_time` (docs/audit_events.md has the
// JSON).
struct AuditEvent {
    std::string id; // UUIDv7
    std::string kind;
    PreciseTime time;
    Actor actor;
    Outcome outcome = Outcome::Success;
    std::string reason;        // empty, or what went wrong, printable
    std::string correlationId; // the order id, when there is one
    std::string agentId;
    std::string host;
    std::string slotId;
    std::string policy;             // "<commit>:<policy name>", or empty
    Json::Object certificate;       // serial, fingerprint, subject, issuer, not_after, ... of the
                                    // certificate meant
    Json::Object details;           // small, per kind; never a secret
    std::int64_t agentSequence = 0; // agent events: 1, 2, 3, ... per epoch
    std::string agentEpoch;
    friend bool operator==(const AuditEvent&, const AuditEvent&) = default;
};

inline constexpr std::size_t auditEventLimit = 16U << 10U; // bytes of the canonical form

// Members that would be empty are left out; text that is not UTF-8 gets U+FFFD, and a text that
// has a PEM private key is replaced whole. Refuses an id that is no UUIDv7, kinds that are not on
// the list, and anything over the limit.
Result<Json> toJson(const AuditEvent& event);
// Refuses unknown members too: `seq` and `recorded_time` are the log's, not the event's.
Result<AuditEvent> auditEventFromJson(const Json& json);

// For AuditEvent::certificate: what identifies a certificate and what a SIEM joins on. A long list
// of names is cut to what fits, and `names_total` says how many there are.
Json::Object eventCertificate(const CertificateFacts& facts);

} // namespace perennial::model
