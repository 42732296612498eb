#pragma once

#include "shared/http/client/http_client.h"
#include "shared/plugin_api/plugin_registry.h"

namespace perennial::plugins {

// Renews and enrols through Microsoft's Certificate Enrollment Policy and Certificate Enrollment
// Web Services (CEP and CES: MS-XCEP, MS-WSTEP). Policy name: "ces".
Result<std::unique_ptr<Issuer>> makeCesIssuer(const model::EnrollmentService& service);
// The same with other limits on what a service may send, and how slowly.
Result<std::unique_ptr<Issuer>> makeCesIssuerWithin(
    const model::EnrollmentService& service, const http::ClientLimits& limits);

} // namespace perennial::plugins
