#pragma once

#include "shared/x509/private_key.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::x509 {

// A private key in a PKCS#12 file (RFC 7292) and what the file holds of its certificate's chain.
struct Pkcs12Key {
    std::string alias; // friendlyName; empty without one
    PrivateKey key;
    std::vector<Certificate> chain; // leaf first; empty: no certificate in the file is for this key
};

// A certificate that belongs to no key's chain.
struct Pkcs12Certificate {
    std::string alias;
    bool trusted = false; // marked as a trust anchor, as Java's trust stores mark theirs
    Certificate certificate;
};

struct Pkcs12 {
    std::vector<Pkcs12Key> keys;
    std::vector<Pkcs12Certificate> others;
    // Entries that are neither: secrets, revocation lists, and keys and certificates of a kind that
    // this program refuses.
    std::size_t unread = 0;
    bool hasMac = false; // without one, nothing proves the password of what is not encrypted
};

inline constexpr std::size_t pkcs12SizeLimit = 1U << 20U;
// All derivations of one file together; each is said in the file, so a stranger says it. NSS writes
// 600,000 for each of three, OpenJDK 10,000. One third of it is a second at the worst.
inline constexpr std::int64_t pkcs12IterationLimit = 2'000'000;

// Told from the outer form; nothing is decrypted.
bool isPkcs12(std::string_view bytes);

// Checks the MAC, opens all that is encrypted and proves each key's certificate by its public key.
// PBES1 of RFC 7292 (old RC2 files too) and PBES2 with PBKDF2; scrypt is refused, as its memory
// cannot be bounded here. PermissionDenied: the password is another one, or the MAC was damaged;
// InvalidInput: what is wrong with the file.
Result<Pkcs12> readPkcs12(std::string_view bytes, const Secret& password,
    std::int64_t iterationLimit = pkcs12IterationLimit);

// One key and its chain, leaf first, as OpenJDK (8u301, 11.0.12 and later) and OpenSSL 1.1.1 and
// later read them: PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, MAC HMAC-SHA-256, 10,000
// iterations each, fresh salts. InvalidInput when the key does not fit the leaf, or without a
// password.
Result<Bytes> writePkcs12(const std::string& alias, const PrivateKey& key,
    const std::vector<Certificate>& chain, const Secret& password);

} // namespace perennial::x509
