#include "controller/enrollment/templates/certificate_template.h"

#include "shared/model/host_names.h"

#include <algorithm>
#include <charconv>

namespace perennial::enrollment::server {

namespace {

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

bool isWildcard(std::string_view name) { return name.starts_with("*."); }

// Extensions that flags ask for.
void addFlagged(const CertificateTemplate& t, std::vector<x509::Extension>& extensions)
{
    const auto flags = t.enrollmentFlags();
    if ((flags & crtd::basicConstraints) != 0)
        extensions.push_back(
            {std::string(x509::oid::basicConstraints), true, Bytes("\x30\x00", 2)});
    if ((flags & crtd::addOcspNoCheck) != 0) // RFC 6960 4.2.2.2.1: NULL
        extensions.push_back({"1.3.6.1.5.5.7.48.1.5", false, Bytes("\x05\x00", 2)});
}

} // namespace

std::uint32_t CertificateTemplate::enrollmentFlags() const
{
    auto flags = namedFlags.enrollment;
    if (managerApproval) flags |= crtd::pendAllRequests;
    if (!autoEnroll.empty()) flags |= crtd::autoEnrollment;
    if (previousApproval || keyBasedRenewal) flags |= crtd::previousApproval;
    if (keyBasedRenewal) flags |= crtd::keyBasedRenewal;
    if (!securityExtension) flags |= crtd::noSecurityExtension;
    return flags;
}

std::uint32_t CertificateTemplate::subjectNameFlags() const
{
    auto flags = namedFlags.subjectName;
    if (keyBasedRenewal || namesFromOldCertificate) flags |= crtd::namesFromOldCertificate;
    if (subjectSupplied) return flags | crtd::subjectSupplied;
    if (built.commonName == "dns") flags |= crtd::dnsAsCommonName;
    if (built.commonName == "email") flags |= crtd::emailInSubject;
    if (built.commonName == "caller" || built.commonName == "upn") flags |= crtd::commonName;
    for (const auto& source : built.alternativeNames) {
        if (source == "dns") flags |= crtd::alternativeDns;
        if (source == "upn") flags |= crtd::alternativeUpn;
        if (source == "email") flags |= crtd::alternativeEmail;
    }
    return flags;
}

std::uint32_t CertificateTemplate::privateKeyFlags() const
{
    return namedFlags.privateKey |
           (key.inRenewals == KeyInRenewals::Same ? crtd::sameKeyRenewal : 0U) |
           static_cast<std::uint32_t>(serverVersion) << 16U |
           static_cast<std::uint32_t>(clientVersion) << 24U;
}

std::uint32_t CertificateTemplate::generalFlags() const
{
    return namedFlags.general | (machine ? crtd::machineType : 0U) |
           (autoEnroll.empty() ? 0U : crtd::generalAutoEnrollment) |
           (schema == 1 ? crtd::addTemplateName : 0U);
}

bool CertificateTemplate::mayEnroll(const std::string& user, const std::set<std::string>& groups,
    const std::optional<x509::Certificate>& certificate) const
{
    return enroll.holds(user, groups, certificate);
}

bool CertificateTemplate::mayAutoEnroll(const std::string& user,
    const std::set<std::string>& groups, const std::optional<x509::Certificate>& certificate) const
{
    return mayEnroll(user, groups, certificate) && autoEnroll.holds(user, groups, certificate);
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
    if (wanted.type == Type::Ip)
        return std::any_of(namePatterns.begin(), namePatterns.end(),
            [&](const auto& pattern) { return lowered(pattern) == lowered(wanted.value); });
    if (wanted.type != Type::Dns) return false;
    const std::string_view host = wanted.value;
    return model::isHostName(isWildcard(host) ? host.substr(2) : host) &&
           allowsCommonName(wanted.value);
}

bool CertificateTemplate::allowsCommonName(const std::string& wanted) const
{
    if (isWildcard(wanted) && !wildcards) return false;
    return std::any_of(namePatterns.begin(), namePatterns.end(),
        [&](const auto& pattern) { return model::nameMatches(pattern, wanted); });
}

x509::TemplateInformation CertificateTemplate::information() const
{
    if (schema == 1) return {"", name, 0, 0};
    return {oid, "", majorVersion, minorVersion};
}

bool CertificateTemplate::isNamedBy(const x509::TemplateInformation& information) const
{
    return schema == 1 ? information.oid.empty() && lowered(information.name) == lowered(name)
                       : information.oid == oid;
}

Result<std::vector<x509::Extension>> extensionsOf(const CertificateTemplate& t)
{
    std::vector<Result<x509::Extension>> made = {
        x509::templateInformationExtension(t.information())};
    if (!t.extendedKeyUsages.empty())
        made.push_back(x509::extendedKeyUsageExtension(t.extendedKeyUsages));
    if (!t.keyUsages.empty()) made.push_back(x509::keyUsageExtension(t.keyUsages));
    // Schema 1 knows no application policies.
    if (t.schema > 1 && !t.policies().empty())
        made.push_back(x509::applicationPoliciesExtension(t.policies()));
    if (!t.certificatePolicies.empty()) {
        auto policies = x509::applicationPoliciesExtension(t.certificatePolicies); // same syntax
        if (policies) policies->oid = x509::oid::certificatePolicies;
        made.push_back(std::move(policies));
    }
    std::vector<x509::Extension> extensions;
    for (auto& extension : made) {
        if (!extension) return extension.error().in("template " + t.name);
        extensions.push_back(*std::move(extension));
    }
    addFlagged(t, extensions);
    extensions.insert(extensions.end(), t.furtherExtensions.begin(), t.furtherExtensions.end());
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
