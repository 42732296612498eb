#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/rules/request_rules.h"
#include "controller/enrollment/templates/certificate_template.h"

#include <variant>
#include <vector>

namespace perennial::enrollment::server {

// Who a certificate is for, where the template builds it from what is known of the caller.
struct BuiltIdentity {
    std::string commonName; // empty: an empty subject
    std::vector<x509::GeneralName> alternativeNames;
    std::string sid; // empty: none is known, or the template leaves it out
};

// Where the directory says nothing, a client certificate of the caller's own does, when it has
// exactly one name of the kind.
AccountNames namesKnownOf(const Caller& caller);

// The refusal says which name is not known of the caller, or that the SID is not where the
// directory is to have it: a certificate without it would be mapped by weaker means.
std::variant<BuiltIdentity, Refusal> buildIdentity(
    const CertificateTemplate& certificateTemplate, const Caller& caller);

} // namespace perennial::enrollment::server
