#pragma once

#include "shared/model/policy.h"
#include "shared/x509/certificate.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::rules {

struct IssuedCertificateFinding {
    std::string
        rule; // "another-key", "not-yet-valid", "authority", "untrusted", "wider-names", ...
    std::string explanation; // for the audit event
};

struct IssuedCertificateInput {
    const x509::Certificate& issued;
    const std::vector<x509::Certificate>& intermediates; // that came with it
    const std::vector<x509::Certificate>& anchors;       // issuerTrust of the service
    const x509::Certificate& old;
    Bytes requestedPublicKey; // SubjectPublicKeyInfo of the key made for it
    const model::CertificatePolicy& policy;
    TimePoint now;
};

// Everything a certificate from CES must be before it may replace the old one: our key, chain to
// the anchors, no authority, valid now and for long enough, strong enough, names, extended key
// usages, application policies, issuance policies, template and SID equal to or narrower than the
// old one's, no unknown critical or repeated extension, sane serial. The first finding wins.
std::optional<IssuedCertificateFinding> findReasonToReject(const IssuedCertificateInput& input);

} // namespace perennial::rules
