#pragma once

#include "controller/enrollment/rules/built_names.h"
#include "controller/enrollment/templates/certificate_template.h"
#include "shared/x509/authority.h"

#include <optional>

namespace perennial::enrollment::server {

// What the certificate will say: everything from the template; of the request only the key and, for
// a first enrolment, the names the rules let through; of a renewal the old certificate's names and
// SID. Extensions a request brings beyond that are dropped. Where the template builds names, a
// first enrolment has those of `identity`.
Result<x509::CertificateContent> decideContent(const CertificateTemplate& certificateTemplate,
    const x509::SigningRequest& request, const std::optional<x509::Certificate>& old, TimePoint now,
    const BuiltIdentity& identity = {});

} // namespace perennial::enrollment::server
