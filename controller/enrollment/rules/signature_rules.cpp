#include "controller/enrollment/rules/request_rules.h"

#include <algorithm>
#include <set>

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

bool isAuthorityFor(const SignatureRequirements& needed, const RequestSigner& signer,
    const x509::Certificate& authority, TimePoint now)
{
    const auto& [certificate, record] = signer;
    const bool ours = record && record->fingerprint == certificate.fingerprint() &&
                      !record->revoked && certificate.isSignedBy(authority);
    const bool valid = now >= certificate.notBefore() && now < certificate.notAfter();
    return ours && valid && isWhatTheTemplateAsks(needed, certificate);
}

// One authority with two certificates, or one key under two names, is not two that agree.
int countDistinct(const std::vector<RequestSigner>& signers)
{
    std::set<Bytes> keys;
    std::set<std::string> subjects;
    int count = 0;
    for (const auto& [certificate, record] : signers) {
        const bool newKey = keys.insert(certificate.publicKeyDer()).second;
        const bool newSubject = subjects.insert(certificate.subject()).second;
        if (newKey && newSubject) ++count;
    }
    return count;
}

} // namespace

std::optional<Refusal> refuseSignatures(const CertificateTemplate& t,
    const std::vector<RequestSigner>& signers, const x509::Certificate& authority, TimePoint now)
{
    const auto& needed = t.signatures;
    if (needed.count == 0) return std::nullopt;
    if (signers.empty())
        return Refusal{HResult::SignaturePolicyRequired,
            "The template needs the signature of a registration authority."};
    const bool allGood = std::all_of(signers.begin(), signers.end(),
        [&](const auto& signer) { return isAuthorityFor(needed, signer, authority, now); });
    if (!allGood)
        return Refusal{HResult::SignatureRejected,
            "A signer is no registration authority that the template takes, or its certificate is "
            "not valid, revoked, or not of this CA."};
    const auto count = countDistinct(signers);
    if (count >= needed.count) return std::nullopt;
    return Refusal{HResult::SignatureCount,
        "The template needs the signatures of " + std::to_string(needed.count) +
            " registration authorities with keys and subjects of their own, the request has " +
            std::to_string(count) + "."};
}

} // namespace perennial::enrollment::server
