#pragma once

#include "shared/base/result.h"
#include "shared/x509/openssl_handles.h"

#include <string>

namespace perennial::x509 {

// Refuses keys that cost too much or are no keys: RSA and DSA over 8192 bits, an RSA exponent that
// is even, under 3 or over 64 bits, a known algorithm whose key cannot be read. An unknown
// algorithm passes.
Status checkPublicKey(const X509_PUBKEY* info);
Status checkKeySize(const EVP_PKEY* key);

std::string keyTypeOf(const X509_PUBKEY* info); // the algorithm's OID when it is unknown
std::string keyTypeOf(const EVP_PKEY* key);
// The digest that goes with the key's strength; null for Ed25519, which has its own.
const EVP_MD* signingDigest(const EVP_PKEY* key);

} // namespace perennial::x509
