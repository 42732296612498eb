#pragma once

#include "shared/model/policy.h"
#include "shared/x509/certificate.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::rules {

struct IssuedCertificateFinding {
    std::string rule;        // its name on the list: "another-key", "wider-names", ...
    std::string explanation; // printable; for the audit event
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

// One thing that a certificate from CES must be before it may replace the old one. Pure; says what
// is wrong, or nothing.
struct IssuedCertificateRule {
    std::string_view name;
    std::optional<std::string> (*check)(const IssuedCertificateInput&);
};

// The rules in the order they are asked: our key; a sane serial; no authority; no unknown critical
// extension; strong enough; valid now and for long enough; a path to the anchors; template, SID,
// subject, names, extended key usages, application policies and issuance policies equal to or
// narrower than the old one's. docs/policies.md explains each. Repeated extensions and what is no
// strict DER do not become an x509::Certificate in the first place.
std::span<const IssuedCertificateRule> issuedCertificateRules();

// The first finding wins.
std::optional<IssuedCertificateFinding> findReasonToReject(const IssuedCertificateInput& input);

} // namespace perennial::rules
