#pragma once

#include "shared/plugin_api/plugin_registry.h"

namespace perennial::plugins {

// Renews and enrols through Microsoft's Certificate Enrollment Policy and Certificate Enrollment
// Web Services (CEP and CES: MS-XCEP, MS-WSTEP). Policy name: "ces".
Result<std::unique_ptr<Issuer>> makeCesIssuer(const model::EnrollmentService& service);

} // namespace perennial::plugins
