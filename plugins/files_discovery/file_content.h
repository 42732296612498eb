#pragma once

#include "shared/base/secret.h"
#include "shared/model/slot.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::files {

inline constexpr std::size_t firstBlock = 16U << 10U;

// What the first block (all of a smaller file) says: whether the rest is worth reading.
enum class FirstLook {
    Nothing, // no certificate can be in it
    Text,    // PEM may be in it, anywhere
    Whole,   // DER, PKCS#12, a Java key store or a database of NSS: its start says so
};
FirstLook lookAtBlock(std::string_view block, std::uint64_t size);
bool hasPemMark(std::string_view text); // "-----BEGIN "

struct HeldCertificate {
    model::CertificateFacts facts;
    std::string pin;   // SHA-256 of its public key, hex; in a database of NSS its CKA_ID
    std::string entry; // its alias in a key store, or its nickname
    bool authority = false;
    bool trusted = false; // it is there to be trusted
    friend bool operator==(const HeldCertificate&, const HeldCertificate&) = default;
};

// What a file holds that matters here. Of keys only the hashes of their public halves.
struct FileContent {
    std::string store; // "pem", "der", "pkcs7", "pkcs12", "jks", "nss"; or empty
    std::vector<HeldCertificate> certificates; // in the file's order
    std::vector<std::string> keyPins;
    bool hasKey = false;   // perhaps one that cannot be read, as when it is encrypted
    bool keyInPem = false; // the form in which an installer can replace it
    bool locked = false;   // certificates may be in it that need a password
    std::string fault;     // why some of it, or all, cannot be read
    bool empty() const { return store.empty() && !hasKey && fault.empty(); }
    friend bool operator==(const FileContent&, const FileContent&) = default;
};

// Looks into the whole of a file. At most 1000 certificates of it are taken. The password opens
// PKCS#12 and encrypted keys.
FileContent contentOf(std::string_view bytes, const Secret* password);

} // namespace perennial::plugins::files
