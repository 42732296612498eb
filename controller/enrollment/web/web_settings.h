#pragma once

#include "controller/enrollment/authentication/authentication_settings.h"

#include <optional>

namespace perennial::enrollment::server {

// The section `web_enrollment` of enrollment.yaml: /certsrv, and how its callers prove who they
// are. At least one member is set.
struct WebEnrollmentSettings {
    std::optional<AuthenticationSettings> password;    // HTTP Basic
    std::optional<AuthenticationSettings> certificate; // of the TLS client, mapped to a caller
    std::optional<AuthenticationSettings> kerberos;    // HTTP Negotiate
};
// Nothing without the section: /certsrv is not there.
std::optional<WebEnrollmentSettings> readWebEnrollment(yaml::Reader& config);

// "/certsrv" and everything below it, in any letter case.
bool isWebEnrollmentPath(const std::string& path);

} // namespace perennial::enrollment::server
