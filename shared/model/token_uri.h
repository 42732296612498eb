#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <string>
#include <string_view>

namespace perennial::model {

// Where something is in a PKCS#11 token (RFC 7512). Any bytes may be in a label; text() encodes all
// that is no plain character, so that it is one printable line.
struct TokenUri {
    std::string token;  // the token's label
    std::string object; // the object's label
    Bytes id = {};      // CKA_ID; empty: the label alone finds it

    std::string text() const; // "pkcs11:token=web;object=web"
    friend bool operator==(const TokenUri&, const TokenUri&) = default;
};

inline constexpr std::string_view tokenScheme = "pkcs11:";
inline bool isTokenUri(std::string_view text) { return text.starts_with(tokenScheme); }

// Reads token, object and id; passes over `type` and the query (the PIN may be in it, and is
// repeated nowhere). InvalidInput: an attribute that would choose among tokens or objects
// otherwise, a repeated one, no token or nothing that names the object, over 1024 bytes.
Result<TokenUri> parseTokenUri(std::string_view text);

} // namespace perennial::model
