#pragma once

#include "shared/base/encoding.h"
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
Bytes keyIdentifier(const X509_PUBKEY* key); // RFC 5280 4.2.1.2, method 1: SHA-1 of the key's bits
// The digest that goes with the key's strength; null for Ed25519, which has its own.
const EVP_MD* signingDigest(const EVP_PKEY* key);
const EVP_MD* digestNamed(const ASN1_OBJECT* algorithm); // SHA-1 and SHA-2; null for another

} // namespace perennial::x509
