#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "shared/base/result.h"

#include <string>
#include <vector>

namespace perennial::enrollment::server {

// For whom a TLS client certificate of ours speaks at endpoints that do not renew by key. What is
// empty is not asked; the rest must hold together.
struct CertificateMapping {
    std::string name;
    std::set<std::string> groups;
    std::string upn; // of the subjectAltName; in any letter case
    std::string dns;
    std::string sid;                  // of the extension 1.3.6.1.4.1.311.25.2, or of the SID's URI
    std::string issuer, serial;       // RFC 4514 text and upper-case hex, always both
    std::string subjectKeyIdentifier; // lower-case hex
    std::string publicKeySha256;      // of the SubjectPublicKeyInfo, lower-case hex
};
using CertificateMappings = std::vector<CertificateMapping>;

// A YAML file with one list, `mappings`. A mapping without any condition is refused.
Result<CertificateMappings> readCertificateMappings(const std::string& file);

// PermissionDenied: no mapping fits, or two that fit name different callers. Several that name the
// same one add up their groups.
Result<Caller> callerOf(const CertificateMappings& mappings, const x509::Certificate& certificate);

bool isSid(const std::string& text); // S-1-5-21-1-2-3-1104, at most 80 characters

// The content of the extension that carries a SID (KB5014754); `sid` is "S-1-5-...", at most 80
// characters.
Bytes sidExtensionContent(const std::string& sid);
std::string sidIn(const Bytes& extensionContent); // empty when it is not just that

} // namespace perennial::enrollment::server
