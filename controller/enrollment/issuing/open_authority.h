#pragma once

#include "controller/enrollment/enrollment_config.h"
#include "controller/enrollment/issuing/issuing_authority.h"

namespace perennial::enrollment::server {

// The embedded authority as the configuration describes it.
EmbeddedAuthority::Files authorityFiles(const EnrollmentConfig& config);
Result<EmbeddedAuthority> openAuthority(const EnrollmentConfig& config);
Status makeAuthority(const EnrollmentConfig& config, TimePoint now); // and the root's CRL

} // namespace perennial::enrollment::server
