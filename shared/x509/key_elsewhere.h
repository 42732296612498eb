#pragma once

#include "shared/x509/private_key.h"

#include <functional>

namespace perennial::x509 {

// What a signature is made of: a digest of SHA-256, SHA-384 or SHA-512, never a message.
enum class SignatureScheme {
    Ecdsa,    // answered as ECDSA-Sig-Value (RFC 3279, 2.2.3)
    RsaPkcs1, // RSASSA-PKCS1-v1_5 (RFC 8017, 8.2)
    RsaPss,   // RSASSA-PSS, MGF1 with the same digest, salt as long as that (RFC 8446, 4.2.3)
};
struct DigestToSign {
    SignatureScheme scheme;
    std::string_view digest;
};
using DigestSigner = std::function<Result<Bytes>(const DigestToSign&)>;

// A key whose private half somebody else holds: it signs through `signer`, and nothing else can be
// done with it. toPem() is empty. `publicKeyDer`: SubjectPublicKeyInfo; InvalidInput when it is no
// RSA or EC key. What the signer says against a signature is in OpenSSL's queue of errors only.
Result<PrivateKey> keyElsewhere(std::string_view publicKeyDer, DigestSigner signer);

} // namespace perennial::x509
