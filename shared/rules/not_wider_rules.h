#pragma once

#include "shared/rules/issued_certificate_rules.h"

// The rules of issued_certificate_rules.h that compare the new certificate with the old one: it may
// be for the same or less, never for more.
namespace perennial::rules {

std::optional<std::string> anotherTemplate(const IssuedCertificateInput& in);
std::optional<std::string> anotherSid(const IssuedCertificateInput& in);
std::optional<std::string> anotherSubject(const IssuedCertificateInput& in);
std::optional<std::string> widerNames(const IssuedCertificateInput& in);
std::optional<std::string> namesLost(const IssuedCertificateInput& in);
std::optional<std::string> widerUsages(const IssuedCertificateInput& in);
std::optional<std::string> widerApplicationPolicies(const IssuedCertificateInput& in);
std::optional<std::string> widerIssuancePolicies(const IssuedCertificateInput& in);

} // namespace perennial::rules
