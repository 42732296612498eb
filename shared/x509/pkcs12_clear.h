#pragma once

#include "shared/x509/certificate.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::x509 {

// What a PKCS#12 file (RFC 7292) shows to whoever has no password. Of a key only the hash of its
// public half.
struct Pkcs12ClearParts {
    std::vector<Certificate> certificates; // in the file's order
    std::vector<std::string> keyPins;      // of keys that are not encrypted
    std::size_t keys = 0;                  // all that were seen
    std::size_t unreadable = 0;            // certificates that are not taken
    std::size_t locked = 0;                // parts that need the password: readPkcs12()
};

// SEQUENCE { INTEGER 3, SEQUENCE ... }, told from the first bytes alone; DER or BER.
bool beginsLikePkcs12(std::string_view bytes);

// Bounded: 1 MB, 1000 bags, nesting of 4. InvalidInput says what is wrong with the file.
Result<Pkcs12ClearParts> readClearParts(std::string_view bytes);

} // namespace perennial::x509
