#include "plugins/ces_issuer/first_request.h"

#include <algorithm>
#include <array>

namespace perennial::plugins {

namespace xcep = enrollment::xcep;
namespace request = enrollment::request;

namespace {

struct KeyType {
    std::string_view name;
    std::uint32_t bits;
};
// What x509::PrivateKey makes, in the order of preference.
constexpr std::array<KeyType, 5> keyTypes = {{{"ec-p256", 256}, {"ec-p384", 384},
    {"rsa-2048", 2048}, {"rsa-3072", 3072}, {"rsa-4096", 4096}}};

struct Algorithm {
    std::string_view oid;
    std::string_view prefix; // of the key types that are of it
    std::string_view name;
};
// RFC 3279 2.3.1, RFC 5480 2.1.1; Windows names a curve where it means a key.
constexpr std::array<Algorithm, 4> algorithms = {{
    {"1.2.840.113549.1.1.1", "rsa-", "RSA"},
    {"1.2.840.10045.3.1.7", "ec-p256", "ECDSA P-256"},
    {"1.3.132.0.34", "ec-p384", "ECDSA P-384"},
    {"1.2.840.10045.2.1", "ec-", "ECDSA"},
}};
constexpr Algorithm anyAlgorithm{"", "", "any algorithm"};

const Algorithm* algorithmOf(const xcep::Policy& policy)
{
    const auto& told = policy.privateKey.algorithm;
    if (!told) return &anyAlgorithm;
    const auto* found = std::find_if(algorithms.begin(), algorithms.end(),
        [&](const Algorithm& known) { return known.oid == told->value; });
    return found == algorithms.end() ? nullptr : found;
}

std::string hashOf(const xcep::Policy& policy)
{
    if (!policy.hashAlgorithm) return "";
    if (policy.hashAlgorithm->value == "2.16.840.1.101.3.4.2.2") return "sha384";
    if (policy.hashAlgorithm->value == "2.16.840.1.101.3.4.2.3") return "sha512";
    return "";
}

} // namespace

KeyChoice chooseKeyType(const xcep::Policy& policy, const std::string& named)
{
    const std::string who = "template " + policy.commonName + ": ";
    const auto* algorithm = algorithmOf(policy);
    if (algorithm == nullptr)
        return {"", who + "its key algorithm " + policy.privateKey.algorithm->name + " (" +
                        policy.privateKey.algorithm->value +
                        ") is none that is made here (RSA, ECDSA P-256, ECDSA P-384): change it in "
                        "the template"};
    const auto least = policy.privateKey.minimalKeyLength;
    const std::string wanted = who + "it wants a key of " + std::string(algorithm->name) + ", " +
                               std::to_string(least) + " bits at least (minimalKeyLength)";
    std::string shortest;
    for (const auto& type : keyTypes) {
        if (type.name.substr(0, algorithm->prefix.size()) != algorithm->prefix) continue;
        if (type.bits < least) continue;
        if (named == type.name) return {named, ""};
        if (shortest.empty()) shortest = type.name;
    }
    if (shortest.empty())
        return {"", wanted + ", which is not made here: change it in the template"};
    if (named.empty()) return {shortest, ""};
    return {"", wanted + ", and " + named + " is not that: name " + shortest + ", or none"};
}

bool suppliesNames(const xcep::Policy& policy)
{
    return !policy.subjectNameFlags ||
           (*policy.subjectNameFlags & xcep::flag::nameSuppliedByEnrollee) != 0;
}

request::EnrollmentContent contentFor(const FirstEnrollment& first, const xcep::Policy& policy)
{
    request::EnrollmentContent content;
    if (suppliesNames(policy)) {
        content.subject = first.subject;
        content.alternativeNames = first.names;
    }
    content.hash = hashOf(policy);
    content.templateInformation.name = first.templateName;
    for (const auto& extension : policy.extensions) {
        if (!extension.value) continue;
        content.furtherExtensions.push_back(
            {extension.type.value, extension.critical.value_or(false), *extension.value});
        // The policy names the template by OID: then the request must not name it twice.
        if (extension.type.value == x509::oid::templateInformation)
            content.templateInformation = {};
    }
    return content;
}

} // namespace perennial::plugins
