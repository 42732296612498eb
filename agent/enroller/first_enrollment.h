#pragma once

#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::agent {

// `perennial-enroller first`: what a host admin does once, by hand, with a user name and password.
struct FirstEnrollmentOptions {
    std::string policyUrl; // CEP with username/password
    std::string trustFile;
    std::string userName;
    std::string passwordFile; // mode 0600
    std::string templateName;
    std::string name; // DNS name: subject and alternative name
    std::string keyType;
    std::string certificateFile;
    std::string
        keyFile; // made here, mode 0600; a pending request is asked for again with the same one
};

struct FirstEnrollmentResult {
    std::string state; // "issued", "pending"
    std::string serial;
    std::string ticketFile; // when pending: run the same command again after the approval
};

// Denied is an Error with PermissionDenied. Never writes over a file that is there.
Result<FirstEnrollmentResult> enrollFirst(
    const FirstEnrollmentOptions& options, const PluginRegistry& plugins);

} // namespace perennial::agent
