#pragma once

#include "controller/enrollment/authentication/principal_names.h"
#include "shared/enrollment/xcep/policies.h"
#include "shared/yaml/strict_yaml.h"

#include <optional>
#include <string>

namespace perennial::enrollment::server {

enum class PasswordSource { Users, Directory };

// How callers of one endpoint prove who they are. Methods are MS-XCEP's.
struct AuthenticationSettings {
    xcep::ClientAuthentication method = xcep::ClientAuthentication::Certificate;
    bool keyBasedRenewal = false;       // Certificate: it renews itself, no name is needed
    bool channelBindingRequired = true; // Kerberos
    PasswordSource passwords = PasswordSource::Users; // UsernamePassword
};
// `authentication`, `channel_binding`, `passwords` and `key_based_renewal` of an endpoint.
AuthenticationSettings readAuthentication(yaml::Reader& endpoint);

struct KerberosSettings {
    std::string keytabFile;
    PrincipalNames names;
};
std::optional<KerberosSettings> readKerberos(yaml::Reader& config); // section `kerberos`

} // namespace perennial::enrollment::server
