#include "controller/enrollment/templates/usage_names.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace perennial::enrollment::server {

namespace {

struct Usage {
    std::string_view oid;
    std::string_view word; // in template files
    std::string_view displayName;
    bool authenticates;
};

constexpr std::array<Usage, 14> usages = {{
    {"1.3.6.1.5.5.7.3.1", "serverAuthentication", "Server Authentication", false},
    {"1.3.6.1.5.5.7.3.2", "clientAuthentication", "Client Authentication", true},
    {"1.3.6.1.5.5.7.3.3", "codeSigning", "Code Signing", false},
    {"1.3.6.1.5.5.7.3.4", "emailProtection", "Secure Email", false},
    {"1.3.6.1.5.5.7.3.8", "timeStamping", "Time Stamping", false},
    {"1.3.6.1.5.5.7.3.9", "ocspSigning", "OCSP Signing", false},
    {"1.3.6.1.5.5.7.3.17", "ipsecIKE", "IP security IKE", false},
    {"1.3.6.1.5.5.8.2.2", "ipsecIKEIntermediate", "IP security IKE intermediate", false},
    {"1.3.6.1.4.1.311.20.2.2", "smartCardLogon", "Smart Card Logon", true},
    {"1.3.6.1.5.2.3.4", "pkinitClientAuthentication", "PKINIT Client Authentication", true},
    {"1.3.6.1.5.2.3.5", "kdcAuthentication", "KDC Authentication", false},
    {"1.3.6.1.4.1.311.20.2.1", "certificateRequestAgent", "Certificate Request Agent", false},
    {"1.3.6.1.4.1.311.10.3.4", "encryptingFileSystem", "Encrypting File System", false},
    {"2.5.29.37.0", "anyExtendedKeyUsage", "Any Purpose", true},
}};

} // namespace

std::string usageOid(const std::string& word)
{
    const auto* found = std::find_if(
        usages.begin(), usages.end(), [&](const Usage& usage) { return usage.word == word; });
    return found == usages.end() ? word : std::string(found->oid);
}

std::string usageDisplayName(const std::string& oid)
{
    const auto* found = std::find_if(
        usages.begin(), usages.end(), [&](const Usage& usage) { return usage.oid == oid; });
    return found == usages.end() ? oid : std::string(found->displayName);
}

bool looksLikeOid(const std::string& text)
{
    return text.size() <= 256 && text.find('.') != std::string::npos && text.front() >= '0' &&
           text.front() <= '2' && text.back() != '.' && text.find("..") == std::string::npos &&
           text.find_first_not_of("0123456789.") == std::string::npos;
}

bool isAuthenticationUsage(const std::string& oid)
{
    const auto* found = std::find_if(
        usages.begin(), usages.end(), [&](const Usage& usage) { return usage.oid == oid; });
    return found != usages.end() && found->authenticates;
}

} // namespace perennial::enrollment::server
