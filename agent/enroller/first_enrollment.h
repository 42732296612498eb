#pragma once

#include "agent/enroller/caller_place.h"
#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::agent {

// `perennial-enroller first`: what a host admin does once, by hand, with a user name and password
// or by Kerberos.
struct FirstEnrollmentOptions {
    std::string policyUrl;       // CEP for that kind of authentication
    std::string trustFile;       // of the service's TLS
    std::string issuerTrustFile; // whom certificates must come from; empty: trustFile
    CallerPlace caller;
    std::string templateName;
    std::string name;    // DNS name: subject and alternative name
    std::string keyType; // empty: as the template wants it
    std::string certificateFile;
    std::string keyFile; // made here, mode 0600
};

struct FirstEnrollmentResult {
    std::string state; // "issued", "pending"
    std::string serial;
    std::string keptFile; // when pending: run the same command again after the approval
};

// Denied is an Error with PermissionDenied. Never writes over a file that is there. Until the
// outcome is known, key and request stay: the same again, never a second key. What comes is held to
// shared/rules/first_certificate_rules.h before it is written.
Result<FirstEnrollmentResult> enrollFirst(const FirstEnrollmentOptions& options,
    const PluginRegistry& plugins, FileSystem& files, TimePoint now);

} // namespace perennial::agent
