#include "controller/enrollment/cep/template_policy.h"

#include "controller/enrollment/templates/usage_names.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server {

namespace {

using xcep::Oid;
using xcep::OidGroup;

struct NamedOid {
    std::string_view oid;
    const char* name;
};

// As Windows calls them.
Oid extensionOid(const std::string& oid)
{
    constexpr std::array<NamedOid, 8> names = {{
        {x509::oid::templateName, "Certificate Template Name"},
        {x509::oid::templateInformation, "Certificate Template Information"},
        {x509::oid::extendedKeyUsage, "Enhanced Key Usage"},
        {x509::oid::keyUsage, "Key Usage"},
        {x509::oid::applicationPolicies, "Application Policies"},
        {x509::oid::certificatePolicies, "Certificate Policies"},
        {x509::oid::basicConstraints, "Basic Constraints"},
        {"1.3.6.1.5.5.7.48.1.5", "OCSP No Revocation Checking"},
    }};
    const auto* found = std::find_if(
        names.begin(), names.end(), [&](const auto& known) { return known.oid == oid; });
    return {oid, OidGroup::ExtensionOrAttribute, found == names.end() ? oid : found->name};
}

// Names as Windows' key storage knows them.
Oid keyAlgorithmOid(const std::string& algorithm)
{
    if (algorithm == "rsa") return {"1.2.840.113549.1.1.1", OidGroup::PublicKey, "RSA"};
    if (algorithm == "ec-p384") return {"1.3.132.0.34", OidGroup::PublicKey, "ECDSA_P384"};
    return {"1.2.840.10045.3.1.7", OidGroup::PublicKey, "ECDSA_P256"};
}

Oid hashOid(const std::string& hash)
{
    if (hash == "sha384") return {"2.16.840.1.101.3.4.2.2", OidGroup::Hash, hash};
    if (hash == "sha512") return {"2.16.840.1.101.3.4.2.3", OidGroup::Hash, hash};
    return {"2.16.840.1.101.3.4.2.1", OidGroup::Hash, "sha256"};
}

Oid usageEntry(const std::string& oid)
{
    return {oid, OidGroup::ExtendedKeyUsage, usageDisplayName(oid)};
}

Oid policyEntry(const std::string& oid)
{
    return {oid, OidGroup::CertificatePolicy, oid == "2.5.29.32.0" ? "All issuance policies" : oid};
}

std::uint32_t minimalKeyLength(const CertificateTemplate& t)
{
    if (t.keyAlgorithms.front() == "rsa") return static_cast<std::uint32_t>(t.minimumRsaBits);
    return t.keyAlgorithms.front() == "ec-p384" ? 384 : 256;
}

xcep::PrivateKeyAttributes privateKeyOf(const CertificateTemplate& t)
{
    xcep::PrivateKeyAttributes key;
    key.minimalKeyLength = minimalKeyLength(t);
    key.keySpec = t.key.spec;
    key.keyUsageProperty = t.key.usageProperty;
    key.permissions = t.key.permissions;
    // Schema 1 and 2 know RSA and SHA-1 only, and leave both unsaid.
    if (t.schema > 2) key.algorithm = keyAlgorithmOid(t.keyAlgorithms.front());
    key.cryptoProviders = t.key.providers;
    return key;
}

void addSignatures(const CertificateTemplate& t, xcep::Policy& into)
{
    if (t.signatures.count == 0) return;
    xcep::RegistrationAuthorityRequirements needed;
    needed.signatures = static_cast<std::uint32_t>(t.signatures.count);
    for (const auto& oid : t.signatures.extendedKeyUsages)
        needed.extendedKeyUsages.push_back(usageEntry(oid));
    for (const auto& oid : t.signatures.policies)
        needed.policies.push_back(policyEntry(oid));
    into.registrationAuthority = needed;
}

} // namespace

Result<xcep::Policy> policyOf(const CertificateTemplate& t, const PolicyPermissions& permissions)
{
    const auto extensions = extensionsOf(t);
    if (!extensions) return extensions.error();
    xcep::Policy told;
    told.templateOid = {t.oid, OidGroup::Template, t.displayName};
    told.commonName = t.name;
    told.schema = static_cast<std::uint32_t>(t.schema);
    told.validitySeconds = static_cast<std::uint64_t>(t.validity.count());
    told.renewalSeconds = static_cast<std::uint64_t>(t.renewal.count());
    told.mayEnroll = permissions.enroll;
    told.mayAutoEnroll = permissions.autoEnroll;
    told.privateKey = privateKeyOf(t);
    told.majorRevision = static_cast<std::uint32_t>(t.majorVersion);
    told.minorRevision = static_cast<std::uint32_t>(t.minorVersion);
    told.supersededTemplates = t.supersedes;
    told.privateKeyFlags = t.privateKeyFlags();
    told.subjectNameFlags = t.subjectNameFlags();
    told.enrollmentFlags = t.enrollmentFlags();
    told.generalFlags = t.generalFlags();
    if (t.schema > 2) told.hashAlgorithm = hashOid(t.key.hash);
    addSignatures(t, told);
    for (const auto& extension : *extensions)
        told.extensions.push_back(
            {extensionOid(extension.oid), extension.critical, extension.value});
    return told;
}

std::vector<Oid> innerOids(const CertificateTemplate& t)
{
    std::vector<Oid> oids;
    const auto add = [&](const Oid& oid) {
        if (std::find(oids.begin(), oids.end(), oid) == oids.end()) oids.push_back(oid);
    };
    for (const auto& oid : t.extendedKeyUsages)
        add(usageEntry(oid));
    for (const auto& oid : t.applicationPolicies)
        add(usageEntry(oid));
    for (const auto& oid : t.certificatePolicies)
        add(policyEntry(oid));
    return oids;
}

} // namespace perennial::enrollment::server
