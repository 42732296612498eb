#pragma once

#include "shared/x509/private_key.h"

#include <string>

namespace perennial::enrollment::server {

// Keys of the authorities that are in a PKCS#11 token, by their addresses (RFC 7512).
struct TokenSettings {
    std::string module;
    std::string pinFile;    // mode 0600
    std::string issuingKey; // "pkcs11:token=perennial;object=issuing"
    std::string rootKey;    // empty: in a file
};

// Reads the PIN for this one key.
Result<x509::PrivateKey> openTokenKey(const TokenSettings& settings, const std::string& address);
Result<x509::PrivateKey> readKeyFile(const std::string& path); // refused when others may read it

} // namespace perennial::enrollment::server
