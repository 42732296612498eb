#include "controller/enrollment/rules/request_rules.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

bool has(const std::vector<std::string>& list, const std::string& oid)
{
    return std::find(list.begin(), list.end(), oid) != list.end();
}

// Usages are looked for in both places; anyExtendedKeyUsage is no usage by name.
bool isWhatTheTemplateAsks(const SignatureRequirements& needed, const x509::Certificate& signer)
{
    const auto usages = signer.extendedKeyUsages();
    const auto applications = signer.policyIdentifiers(x509::oid::applicationPolicies);
    const auto policies = signer.policyIdentifiers(x509::oid::certificatePolicies);
    return std::all_of(needed.extendedKeyUsages.begin(), needed.extendedKeyUsages.end(),
               [&](const auto& oid) { return has(usages, oid) || has(applications, oid); }) &&
           std::all_of(needed.policies.begin(), needed.policies.end(),
               [&](const auto& oid) { return has(policies, oid); });
}

} // namespace

std::optional<Refusal> refuseSignature(const CertificateTemplate& t,
    const std::optional<RequestSigner>& signer, const x509::Certificate& authority, TimePoint now)
{
    const auto& needed = t.signatures;
    if (needed.count == 0) return std::nullopt;
    if (!signer)
        return Refusal{HResult::SignaturePolicyRequired,
            "The template needs the signature of a registration authority."};
    const auto& [certificate, record] = *signer;
    const bool ours = record && record->fingerprint == certificate.fingerprint() &&
                      !record->revoked && certificate.isSignedBy(authority);
    const bool valid = now >= certificate.notBefore() && now < certificate.notAfter();
    if (ours && valid && isWhatTheTemplateAsks(needed, certificate)) return std::nullopt;
    return Refusal{HResult::SignatureRejected,
        "The signer is no registration authority that the template takes, or its certificate is "
        "not valid, revoked, or not of this CA."};
}

} // namespace perennial::enrollment::server
