#pragma once

#include "shared/base/secret.h"
#include "shared/x509/certificate.h"

#include <optional>
#include <string>

namespace perennial::plugins::files {

// What a file holds that matters here. Of a key only the hash of its public half.
struct PemFile {
    std::string certificatePin; // SHA-256 of the leaf's public key, hex; empty without a leaf
    bool hasKey = false;
    std::string keyPin; // empty when the key cannot be read, as when it is encrypted
    std::string fault;  // why the certificates in it are not taken
};

// Looks into a file's text. A file without PEM is an empty answer.
PemFile lookInto(const Secret& text);

} // namespace perennial::plugins::files
