#pragma once

#include "shared/policy/policy_documents.h"

#include <string>
#include <vector>

namespace perennial::policy {

// "web.example.test", "*.example.test" (one label, any), or an IP address. InvalidInput says what
// is wrong.
Status checkNamePattern(const std::string& pattern);

// The names of a certificate as patterns see them: subjectAltName, else the common name.
std::vector<std::string> namesToMatch(const model::CertificateFacts& certificate);

// Whether one slot could exist that both policies match. Errs to yes.
bool canMatchTheSame(const model::CertificatePolicy& a, const model::CertificatePolicy& b);

} // namespace perennial::policy
