#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"
#include "shared/x509/signing_request.h"

#include <string>
#include <vector>

namespace perennial::x509 {

// What a certificate will say; the authority adds serial (random, 16 bytes, positive), issuer,
// subject and authority key identifiers, and signs.
struct CertificateContent {
    Bytes subjectDer;
    Bytes publicKeyDer;
    TimePoint notBefore;
    TimePoint notAfter; // cut to the authority's own
    std::vector<Extension> extensions;
};

// Never an authority's: basicConstraints with cA is refused, as are key identifiers in
// `extensions`.
Result<Certificate> issueCertificate(const CertificateContent& content,
    const Certificate& authority, const PrivateKey& authorityKey);

// A self-signed root, or an authority below one.
struct AuthorityContent {
    std::string commonName;
    TimePoint notBefore;
    TimePoint notAfter;
    int pathLength;                                // -1: no limit
    std::vector<Extension> furtherExtensions = {}; // where CRLs and the issuer are
};
Result<Certificate> makeRoot(const AuthorityContent& content, const PrivateKey& key);
Result<Certificate> makeIntermediate(const AuthorityContent& content, const PrivateKey& key,
    const Certificate& root, const PrivateKey& rootKey);

} // namespace perennial::x509
