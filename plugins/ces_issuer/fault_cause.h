#pragma once

#include "shared/enrollment/soap/fault.h"
#include "shared/gss/trouble.h"
#include "shared/http/client/http_client.h"
#include "shared/plugin_api/issuer.h"

namespace perennial::plugins {

// Why, by HRESULT, structure, HTTP status, Kerberos's codes and the place where a connection
// failed; never by text.
FaultCause causeOf(enrollment::HResult code);
FaultCause causeOf(const enrollment::soap::Fault& fault);
FaultCause causeOf(http::Obstacle obstacle);
FaultCause causeOf(gss::Trouble trouble);
FaultCause causeOfStatus(int httpStatus); // of an answer without SOAP

// Whether what was sent was taken by nobody, for certain: it never left, or was refused at the
// door. Where it is not certain, the same must be sent again.
bool isUntaken(http::Obstacle obstacle);
bool isUntaken(int httpStatus); // of an answer without SOAP
bool isUntaken(const enrollment::soap::Fault& fault);

// Two clocks further apart than this explain a refusal of a certificate or a ticket (Kerberos's
// limit).
inline constexpr Duration tolerableSkew = std::chrono::minutes(5);
FaultCause withClocks(FaultCause cause, std::optional<TimePoint> serverTime, TimePoint now);

// What a fault means for the renewal: a denial is an answer, everything else is an error whose kind
// says whether to come again.
Result<IssueOutcome> outcomeOf(const enrollment::soap::Fault& fault);

} // namespace perennial::plugins
