#pragma once

#include "shared/model/identifiers.h"

#include <cstdint>
#include <optional>
#include <string>

namespace perennial::model {

enum class RenewalOutcome { Completed, RolledBack, Abandoned, AlreadyDone };
std::string nameOf(
    RenewalOutcome outcome); // "completed", "rolled-back", "abandoned", "already-done"

// How a renewal ended; travels inside the agent's event renewal.completed | rolled_back |
// abandoned.
struct RenewalReport {
    OrderId order;
    SlotId slot;
    RenewalOutcome outcome;
    std::string reason; // empty when completed
    Fingerprint oldFingerprint;
    Fingerprint newFingerprint;    // empty unless a certificate was issued
    std::int64_t milliseconds = 0; // accepted to verified
};

} // namespace perennial::model
