#pragma once

#include "shared/x509/certificate.h"

#include <optional>
#include <set>
#include <string>

namespace perennial::enrollment::server {

// Who may do something with a template. "*" among users or groups is anybody.
struct EnrollmentRights {
    std::set<std::string> users;
    std::set<std::string> groups;
    // TLS client certificates of this authority: the SHA-256 of one ("sha256:0a1b..."), or a name
    // that it holds ("dns:ra.example.test").
    std::set<std::string> certificates;

    bool holds(const std::string& user, const std::set<std::string>& memberOf,
        const std::optional<x509::Certificate>& certificate) const;
    // Everybody who can authenticate at all, or a group that every account is a member of.
    bool anybody() const;
    bool empty() const { return users.empty() && groups.empty() && certificates.empty(); }
    friend bool operator==(const EnrollmentRights&, const EnrollmentRights&) = default;
};

} // namespace perennial::enrollment::server
