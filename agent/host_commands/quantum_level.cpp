#include "agent/host_commands/quantum_level.h"

#include <algorithm>
#include <array>

namespace perennial::agent {

namespace {

// NIST's list of algorithm OIDs (CSOR); OpenSSL 3.0 knows none of them, later ones name them so.
struct Resistant {
    std::string_view oid;
    std::string_view name;
    int category;
};
constexpr std::array resistant = {Resistant{"2.16.840.1.101.3.4.3.17", "ML-DSA-44", 2},
    Resistant{"2.16.840.1.101.3.4.3.18", "ML-DSA-65", 3},
    Resistant{"2.16.840.1.101.3.4.3.19", "ML-DSA-87", 5},
    Resistant{"2.16.840.1.101.3.4.3.20", "SLH-DSA-SHA2-128s", 1},
    Resistant{"2.16.840.1.101.3.4.3.21", "SLH-DSA-SHA2-128f", 1},
    Resistant{"2.16.840.1.101.3.4.3.22", "SLH-DSA-SHA2-192s", 3},
    Resistant{"2.16.840.1.101.3.4.3.23", "SLH-DSA-SHA2-192f", 3},
    Resistant{"2.16.840.1.101.3.4.3.24", "SLH-DSA-SHA2-256s", 5},
    Resistant{"2.16.840.1.101.3.4.3.25", "SLH-DSA-SHA2-256f", 5},
    Resistant{"2.16.840.1.101.3.4.3.26", "SLH-DSA-SHAKE-128s", 1},
    Resistant{"2.16.840.1.101.3.4.3.27", "SLH-DSA-SHAKE-128f", 1},
    Resistant{"2.16.840.1.101.3.4.3.28", "SLH-DSA-SHAKE-192s", 3},
    Resistant{"2.16.840.1.101.3.4.3.29", "SLH-DSA-SHAKE-192f", 3},
    Resistant{"2.16.840.1.101.3.4.3.30", "SLH-DSA-SHAKE-256s", 5},
    Resistant{"2.16.840.1.101.3.4.3.31", "SLH-DSA-SHAKE-256f", 5}};

// Factoring and discrete logarithms: parts of the names of key types and of OpenSSL's names.
constexpr std::array<std::string_view, 11> vulnerable = {
    "rsa", "RSA", "dsa", "DSA", "ec-", "ecdsa", "ed25519", "ED25519", "ed448", "ED448", "SM2"};

const Resistant* find(std::string_view algorithm)
{
    const auto* const found = std::find_if(resistant.begin(), resistant.end(),
        [&](const auto& one) { return one.oid == algorithm || one.name == algorithm; });
    return found == resistant.end() ? nullptr : found;
}

} // namespace

std::optional<int> quantumLevelOf(std::string_view algorithm)
{
    if (const auto* found = find(algorithm)) return found->category;
    const bool known = std::any_of(vulnerable.begin(), vulnerable.end(),
        [&](std::string_view part) { return algorithm.find(part) != std::string_view::npos; });
    return known ? std::optional(0) : std::nullopt;
}

std::string_view quantumResistantName(std::string_view algorithm)
{
    const auto* found = find(algorithm);
    return found == nullptr ? std::string_view() : found->name;
}

std::string_view quantumWord(const model::CertificateFacts& facts)
{
    const auto key = quantumLevelOf(facts.keyType);
    const auto signature = quantumLevelOf(facts.signatureAlgorithm);
    if (key == 0 || signature == 0) return "vulnerable";
    return key && signature ? "resistant" : "unknown";
}

} // namespace perennial::agent
