#pragma once

#include "shared/rules/sound_certificate_rules.h"
#include "shared/x509/signing_request.h"

namespace perennial::rules {

// A first certificate's: there is no old one, so that it is held to what was asked for.
struct FirstCertificateInput : IssuedCertificate {
    const x509::SigningRequest& request; // its extensions are the template's, as CEP told them
    const std::vector<x509::GeneralName>& names; // asked for
    bool namesSupplied; // the template takes them from the request; otherwise the CA looks them up
    std::vector<std::string> allowedUsages = {}; // by a policy; empty: the template's
};

using FirstCertificateRule = CertificateRule<FirstCertificateInput>;

// The rules in the order they are asked: our key; a sane serial; no authority; no unknown critical
// extension; strong enough; valid now and for an hour at least; a path to the anchors; template,
// subject, names, extended key usages and application policies as asked for, or less.
// docs/configuration.md explains each.
std::span<const FirstCertificateRule> firstCertificateRules();

// The first finding wins.
std::optional<IssuedCertificateFinding> findReasonToRejectFirst(const FirstCertificateInput& input);

} // namespace perennial::rules
