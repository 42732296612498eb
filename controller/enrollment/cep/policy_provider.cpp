#include "controller/enrollment/cep/policy_provider.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

using xcep::Oid;
using xcep::OidGroup;

bool isShown(const PolicyProvider& provider, const CertificateTemplate& t, const Caller& caller)
{
    if (!provider.settings.keyBasedRenewal) return t.mayEnroll(caller.name, caller.groups);
    // By key only what the certificate in hand was issued for; the Enroll right is not asked.
    if (!t.keyBasedRenewal || !caller.certificate) return false;
    const auto information = caller.certificate->templateInformation();
    return information && information->oid == t.oid;
}

bool isWanted(const xcep::GetPolicies& question, const CertificateTemplate& t)
{
    if (!question.policyOids.empty() &&
        std::find(question.policyOids.begin(), question.policyOids.end(), t.oid) ==
            question.policyOids.end())
        return false;
    const auto flags = t.privateKeyFlags();
    const auto server = (flags & xcep::flag::keyServerVersionMask) >> 16U;
    const auto client = (flags & xcep::flag::keyClientVersionMask) >> 24U;
    const auto within = [](std::int32_t limit, std::uint32_t version) {
        return limit <= 0 || version <= static_cast<std::uint32_t>(limit);
    };
    return within(question.clientVersion, client) && within(question.serverVersion, server);
}

Oid extensionOid(const std::string& oid)
{
    if (oid == x509::oid::templateInformation)
        return {oid, OidGroup::ExtensionOrAttribute, "Certificate Template Information"};
    if (oid == x509::oid::extendedKeyUsage)
        return {oid, OidGroup::ExtensionOrAttribute, "Enhanced Key Usage"};
    if (oid == x509::oid::keyUsage) return {oid, OidGroup::ExtensionOrAttribute, "Key Usage"};
    if (oid == x509::oid::applicationPolicies)
        return {oid, OidGroup::ExtensionOrAttribute, "Application Policies"};
    return {oid, OidGroup::ExtensionOrAttribute, oid};
}

// Names as Windows' key storage knows them.
Oid keyAlgorithmOid(const std::string& algorithm)
{
    if (algorithm == "rsa") return {"1.2.840.113549.1.1.1", OidGroup::PublicKey, "RSA"};
    if (algorithm == "ec-p384") return {"1.3.132.0.34", OidGroup::PublicKey, "ECDSA_P384"};
    return {"1.2.840.10045.3.1.7", OidGroup::PublicKey, "ECDSA_P256"};
}

std::uint32_t minimalKeyLength(const CertificateTemplate& t)
{
    if (t.keyAlgorithms.front() == "rsa") return static_cast<std::uint32_t>(t.minimumRsaBits);
    return t.keyAlgorithms.front() == "ec-p384" ? 384 : 256;
}

Result<xcep::Policy> policyOf(const CertificateTemplate& t, bool enroll)
{
    const auto extensions = extensionsOf(t);
    if (!extensions) return extensions.error();
    xcep::Policy policy;
    policy.templateOid = {t.oid, OidGroup::Template, t.displayName};
    policy.authorities = {0};
    policy.commonName = t.name;
    policy.schema = static_cast<std::uint32_t>(t.schema);
    policy.validitySeconds = static_cast<std::uint64_t>(t.validity.count());
    policy.renewalSeconds = static_cast<std::uint64_t>(t.renewal.count());
    policy.mayEnroll = enroll;
    policy.mayAutoEnroll = enroll;
    policy.privateKey.minimalKeyLength = minimalKeyLength(t);
    policy.privateKey.keyUsageProperty = 0xFFFFFF;
    if (t.schema > 2) policy.privateKey.algorithm = keyAlgorithmOid(t.keyAlgorithms.front());
    policy.privateKey.cryptoProviders = {"Microsoft Software Key Storage Provider"};
    policy.majorRevision = static_cast<std::uint32_t>(t.majorVersion);
    policy.minorRevision = static_cast<std::uint32_t>(t.minorVersion);
    policy.privateKeyFlags = t.privateKeyFlags();
    policy.subjectNameFlags = t.subjectNameFlags();
    policy.enrollmentFlags = t.enrollmentFlags();
    policy.generalFlags = t.generalFlags();
    if (t.schema > 2)
        policy.hashAlgorithm = Oid{"2.16.840.1.101.3.4.2.1", OidGroup::Hash, "sha256"};
    for (const auto& extension : *extensions)
        policy.extensions.push_back(
            {extensionOid(extension.oid), extension.critical, extension.value});
    return policy;
}

xcep::Authority authorityOf(const PolicyProvider& provider, bool enroll)
{
    xcep::Authority authority;
    for (const auto& service : provider.config.enrollmentServices) {
        if (provider.settings.keyBasedRenewal && !service.keyBasedRenewal) continue;
        authority.uris.push_back({service.authentication.method, provider.config.urlOf(service.path),
            service.priority, service.renewalOnly});
    }
    authority.certificate = provider.authority.toDer();
    authority.enrollPermission = enroll;
    return authority;
}

} // namespace

Result<xcep::PolicyAnswer> answerGetPolicies(
    const PolicyProvider& provider, const Caller& caller, const xcep::GetPolicies& question)
{
    xcep::PolicyAnswer answer;
    answer.policyId = provider.settings.policyId;
    answer.friendlyName = provider.settings.name;
    answer.nextUpdateHours = provider.settings.nextUpdateHours;
    if (question.lastUpdate && *question.lastUpdate >= provider.templatesChangedAt) {
        answer.notChanged = true;
        return answer;
    }
    const bool enroll = true;
    for (const auto& [name, found] : provider.templates) {
        if (!isShown(provider, found, caller) || !isWanted(question, found)) continue;
        auto policy = policyOf(found, enroll);
        if (!policy) return policy.error();
        answer.policies.push_back(*std::move(policy));
        for (const auto& usage : found.extendedKeyUsages) {
            const Oid oid{usage, OidGroup::ExtendedKeyUsage,
                usage == x509::oid::serverAuthentication   ? "Server Authentication"
                : usage == x509::oid::clientAuthentication ? "Client Authentication"
                                                           : usage};
            if (std::find(answer.furtherOids.begin(), answer.furtherOids.end(), oid) ==
                answer.furtherOids.end())
                answer.furtherOids.push_back(oid);
        }
    }
    if (!answer.policies.empty()) answer.authorities.push_back(authorityOf(provider, enroll));
    return answer;
}

} // namespace perennial::enrollment::server
