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

// The moment a certificate is due: in [notAfter - renewBefore - spread, notAfter - renewBefore],
// computed from the fingerprint, so the same on every host and after every restart; never before
// notBefore, and never later than half of a short life before its end.
TimePoint renewalTime(const model::CertificateFacts&, const model::CertificatePolicy&);

// The first moment at or after `wanted` inside the window; `wanted` itself when waiting for the
// window would pass `deadline` (a window never lets a certificate expire).
TimePoint insideWindow(
    const std::optional<model::Window>& window, TimePoint wanted, TimePoint deadline);

// From then on the agent renews without an order: the policy's autonomousBefore, else half-way
// between the planned moment and expiry.
TimePoint autonomousTime(const model::CertificateFacts&, const model::CertificatePolicy&);

} // namespace perennial::rules
