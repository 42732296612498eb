#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/x509/openssl_handles.h"
#include "shared/x509/request_structures.h"

#include <string>

namespace perennial::x509 {

// The key; null when it cannot be read. The keys that nearly everybody has, RSA and points of
// P-256, P-384 and P-521 in their usual form, are read in a few microseconds; every other one is
// left to OpenSSL's decoder.
KeyHandle readPublicKey(const PublicKeyInfo& info);
// The same for those keys alone; null for every other one.
KeyHandle readUsualKey(const PublicKeyInfo& info);

// Refuses keys that cost too much or are no keys: RSA and DSA over 8192 bits, an RSA exponent that
// is even, under 3 or over 64 bits, a known algorithm whose key cannot be read (null). An unknown
// algorithm passes.
Status checkPublicKey(const EVP_PKEY* key, const ASN1_OBJECT* algorithm);
Status checkKeySize(const EVP_PKEY* key);

// The algorithm's OID when it is unknown.
std::string keyTypeOf(const EVP_PKEY* key, const ASN1_OBJECT* algorithm);
std::string keyTypeOf(const EVP_PKEY* key);
// RFC 5280 4.2.1.2, method 1: SHA-1 of the key's bits.
Bytes keyIdentifier(const PublicKeyInfo& info);
Bytes keyIdentifier(const X509_PUBKEY* key);
// The digest that goes with the key's strength; null for Ed25519, which has its own.
const EVP_MD* signingDigest(const EVP_PKEY* key);
const EVP_MD* digestNamed(const ASN1_OBJECT* algorithm); // SHA-1 and SHA-2; null for another

} // namespace perennial::x509
