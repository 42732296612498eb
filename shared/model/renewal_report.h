#pragma once

#include "shared/base/result.h"
#include "shared/model/audit_event.h"
#include "shared/model/identifiers.h"

#include <cstdint>
#include <optional>
#include <string>

namespace perennial::model {

enum class RenewalOutcome { Completed, RolledBack, Abandoned, AlreadyDone };
// "completed", "rolled-back", "abandoned", "already-done"
std::string nameOf(RenewalOutcome outcome);
std::string eventKindOf(RenewalOutcome outcome); // "renewal.completed", "renewal.rolled_back", ...

// How a renewal ended; travels inside the agent's event of eventKindOf(outcome).
struct RenewalReport {
    OrderId order;
    SlotId slot;
    RenewalOutcome outcome = RenewalOutcome::Abandoned;
    std::string reason;            // empty when completed
    Fingerprint oldFingerprint;    // empty when the event does not say
    Fingerprint newFingerprint;    // empty unless completed
    std::int64_t milliseconds = 0; // accepted to verified; only when completed
    friend bool operator==(const RenewalReport&, const RenewalReport&) = default;
};

// From the agent's event: its kind says how it ended, its certificate is the new one when completed
// and else the old one. InvalidInput for events of other kinds.
Result<RenewalReport> renewalReportOf(const AuditEvent& event);

} // namespace perennial::model
