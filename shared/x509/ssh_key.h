#pragma once

#include "shared/x509/openssl_handles.h"
#include "shared/x509/ssh_signature.h"

namespace perennial::x509 {

enum class SshAlgorithm { Ed25519, Ecdsa, Rsa };

// A key that OpenSSL can verify with.
struct SshVerifyingKey {
    std::string type;
    SshAlgorithm algorithm{};
    KeyHandle handle;
    std::size_t fieldSize = 0;      // of the curve, or of the RSA modulus
    const EVP_MD* digest = nullptr; // that goes with the curve
    bool inToken = false;
    Bytes application; // of a key in a token
};
Result<SshVerifyingKey> readSshKey(std::string_view blob);

} // namespace perennial::x509
