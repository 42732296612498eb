#pragma once

#include "shared/model/policy.h"
#include "shared/model/slot.h"

#include <optional>
#include <span>
#include <string>

namespace perennial::rules {

enum class RenewalReason { Expired, WrongKeyType, NearingExpiry };

struct RenewalFinding {
    RenewalReason reason;
    std::string explanation; // goes to the order and the audit event as it is
};

using RenewalRule = std::optional<RenewalFinding> (*)(
    const model::CertificateFacts&, const model::CertificatePolicy&, TimePoint now);

// The rules in the order they are asked; the first finding wins.
std::span<const RenewalRule> renewalRules();
std::optional<RenewalFinding> findReasonToRenew(
    const model::CertificateFacts&, const model::CertificatePolicy&, TimePoint now);

// The moment a certificate is due: in (notAfter - renewBefore - spread, notAfter - renewBefore],
// computed from the fingerprint, so the same on every host and after every restart. Never in the
// first half of the certificate's life: one that lives shorter than the policy thinks is due
// half-way, and a new one is never due at once.
TimePoint renewalTime(const model::CertificateFacts&, const model::CertificatePolicy&);

// The first moment at or after `wanted` inside the window; `wanted` itself when the window opens
// only at `deadline` or later (a window never lets a certificate expire). A window whose end is not
// after its begin goes over midnight and counts to the day it begins on.
TimePoint insideWindow(
    const std::optional<model::Window>& window, TimePoint wanted, TimePoint deadline);

// The last tenth of a life begins: what is only caution (a pause, a clock in doubt) gives way then.
TimePoint endOfCaution(TimePoint notBefore, TimePoint notAfter);

// From then on the agent renews without an order: the policy's autonomousBefore, else half-way
// between renewalTime and expiry; never before renewalTime. The latest deadline for a window.
TimePoint autonomousTime(const model::CertificateFacts&, const model::CertificatePolicy&);

} // namespace perennial::rules
