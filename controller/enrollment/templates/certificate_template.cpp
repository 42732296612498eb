#include "controller/enrollment/templates/certificate_template.h"

#include "shared/enrollment/xcep/policies.h"

#include <algorithm>
#include <charconv>

namespace perennial::enrollment::server {

namespace {

namespace flag = xcep::flag;

constexpr std::uint32_t version2012 =
    4; // minimum CA and client version that key-based renewal needs

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

bool matches(const std::string& writtenPattern, const std::string& writtenName)
{
    const auto pattern = lowered(writtenPattern);
    const auto name = lowered(writtenName);
    if (pattern.rfind("*.", 0) != 0) return pattern == name;
    const auto dot = name.find('.');
    return dot != std::string::npos && dot > 0 && name.substr(dot) == pattern.substr(1);
}

} // namespace

std::uint32_t CertificateTemplate::enrollmentFlags() const
{
    std::uint32_t flags = 0;
    if (managerApproval) flags |= flag::enrollmentPendAll;
    if (keyBasedRenewal)
        flags |= flag::enrollmentPreviousApproval | flag::enrollmentKeyBasedRenewal;
    return flags | flag::enrollmentNoSecurityExtension;
}

std::uint32_t CertificateTemplate::subjectNameFlags() const
{
    // The enrollee supplies the names; a renewal takes them from the old certificate.
    return flag::nameSuppliedByEnrollee | (keyBasedRenewal ? flag::nameFromOldCertificate : 0U);
}

std::uint32_t CertificateTemplate::privateKeyFlags() const
{
    return version2012 << 16U | version2012 << 24U;
}

std::uint32_t CertificateTemplate::generalFlags() const { return flag::generalMachineType; }

bool CertificateTemplate::mayEnroll(
    const std::string& user, const std::set<std::string>& groups) const
{
    if (enrollUsers.count("*") != 0 || enrollUsers.count(user) != 0) return true;
    return enrollGroups.count("*") != 0 ||
           std::any_of(groups.begin(), groups.end(),
               [&](const auto& group) { return enrollGroups.count(group) != 0; });
}

bool CertificateTemplate::allowsKey(const std::string& keyType) const
{
    if (keyType.rfind("rsa-", 0) == 0) {
        int bits = 0;
        std::from_chars(keyType.data() + 4, keyType.data() + keyType.size(), bits);
        return bits >= minimumRsaBits &&
               std::find(keyAlgorithms.begin(), keyAlgorithms.end(), "rsa") != keyAlgorithms.end();
    }
    return std::find(keyAlgorithms.begin(), keyAlgorithms.end(), keyType) != keyAlgorithms.end();
}

bool CertificateTemplate::allowsName(const x509::GeneralName& wanted) const
{
    using Type = x509::GeneralName::Type;
    if (wanted.type != Type::Dns && wanted.type != Type::Ip) return false;
    return std::any_of(namePatterns.begin(), namePatterns.end(),
        [&](const std::string& pattern) { return matches(pattern, wanted.value); });
}

Result<std::vector<x509::Extension>> extensionsOf(const CertificateTemplate& t)
{
    std::vector<x509::Extension> extensions;
    for (auto made : {x509::templateInformationExtension(t.information()),
             x509::extendedKeyUsageExtension(t.extendedKeyUsages),
             x509::keyUsageExtension(t.keyUsages),
             x509::applicationPoliciesExtension(t.extendedKeyUsages)}) {
        if (!made) return made.error().in("template " + t.name);
        extensions.push_back(*made);
    }
    return extensions;
}

const CertificateTemplate* findByOid(const Templates& templates, const std::string& oid)
{
    for (const auto& [name, found] : templates) {
        if (found.oid == oid) return &found;
    }
    return nullptr;
}

} // namespace perennial::enrollment::server
