#pragma once

#include "shared/model/policy.h"
#include "shared/rules/sound_certificate_rules.h"

namespace perennial::rules {

// A renewal's.
struct IssuedCertificateInput : IssuedCertificate {
    const x509::Certificate& old;
    const model::CertificatePolicy& policy;
};

// One thing that a certificate from CES must be before it may replace the old one.
using IssuedCertificateRule = CertificateRule<IssuedCertificateInput>;

// The rules in the order they are asked: our key; a sane serial; no authority; no unknown critical
// extension; strong enough; valid now and for long enough; a path to the anchors; template, SID,
// subject, names, extended key usages, application policies and issuance policies equal to or
// narrower than the old one's. docs/policies.md explains each. Repeated extensions and what is no
// strict DER do not become an x509::Certificate in the first place.
std::span<const IssuedCertificateRule> issuedCertificateRules();

// The first finding wins.
std::optional<IssuedCertificateFinding> findReasonToReject(const IssuedCertificateInput& input);

} // namespace perennial::rules
