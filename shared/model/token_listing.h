#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::model {

// A certificate that lies in a PKCS#11 token, and what can be seen there of its key without a PIN.
struct TokenCertificate {
    std::string token; // labels: any bytes
    std::string label;
    Bytes id;
    Bytes certificate;       // DER, or whatever is there in its stead
    Bytes publicKey;         // of the public key with the same id (SubjectPublicKeyInfo); or empty
    bool privateKey = false; // one with the same id is to be seen
};

// What perennial-token-keeper writes for `list`. A foreign module ran in that process, so whoever
// reads this believes nothing of it.
struct TokenListing {
    static constexpr std::size_t mostCertificates = 1000;
    static constexpr std::size_t certificateLimit = 64U << 10U; // bytes
    static constexpr std::size_t textLimit = 16U << 20U;        // of all, in JSON

    std::vector<TokenCertificate> certificates;
    std::vector<std::string> remarks; // what was passed over
};

std::string toJsonText(const TokenListing& listing);
// InvalidInput names what is wrong: not JSON, a member that is missing, unknown, of the wrong type
// or over its limit.
Result<TokenListing> tokenListingFromJson(std::string_view text);

} // namespace perennial::model
