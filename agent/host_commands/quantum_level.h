#pragma once

#include "shared/model/slot.h"

#include <optional>
#include <string_view>

namespace perennial::agent {

// What a quantum computer does to an algorithm, named as CertificateFacts names key types and
// signature algorithms: 0, it breaks it; 1 to 5, the category of strength of FIPS 204 and 205.
// Unset: it is not known here.
std::optional<int> quantumLevelOf(std::string_view algorithm);

// "ML-DSA-65" for its OID; empty for every other one.
std::string_view quantumResistantName(std::string_view algorithm);

// "vulnerable": its key or the signature on it; "resistant": both are; "unknown".
std::string_view quantumWord(const model::CertificateFacts& facts);

} // namespace perennial::agent
