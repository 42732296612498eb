#include "controller/enrollment/authentication/certificate_mappings.h"
#include "controller/enrollment/rules/built_names.h"
#include "controller/enrollment/rules/der_elements.h"
#include "controller/enrollment/rules/request_rules.h"
#include "shared/x509/key_comparison.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server {

namespace {

using Check = std::optional<Refusal> (*)(const RenewalFacts&);

// TLS may have verified the very same signature by the very same authority.
bool isSignedByTheAuthority(const RenewalFacts& f)
{
    const bool verified = f.tlsCertificate && *f.tlsCertificate == f.old && f.tlsIssuer &&
                          *f.tlsIssuer == f.authority;
    return verified || f.old.isSignedBy(f.authority);
}

std::optional<Refusal> issuedHere(const RenewalFacts& f)
{
    if (f.record && f.record->fingerprint == f.old.fingerprint() && isSignedByTheAuthority(f))
        return std::nullopt;
    return Refusal{
        HResult::UntrustedAuthority, "The certificate to renew was not issued by this CA."};
}

std::optional<Refusal> valid(const RenewalFacts& f)
{
    if (f.now >= f.old.notBefore() && f.now < f.old.notAfter()) return std::nullopt;
    return Refusal{HResult::CertificateExpired, "The certificate to renew is not valid now."};
}

std::optional<Refusal> unrevoked(const RenewalFacts& f)
{
    if (f.record && !f.record->revoked) return std::nullopt;
    return Refusal{HResult::Revoked, "The certificate to renew is revoked."};
}

// What an administrator made to try things out would get a full life by it.
std::optional<Refusal> noTest(const RenewalFacts& f)
{
    if (!f.record || !f.record->isTest) return std::nullopt;
    return Refusal{HResult::BadRenewalCertificateAttribute,
        "The certificate to renew is a test certificate (issue-test), and those are not renewed: "
        "enrol anew."};
}

std::optional<Refusal> byKey(const RenewalFacts& f)
{
    if (!f.keyBasedEndpoint) return std::nullopt;
    return refuseByKey(f.certificateTemplate, f.old, f.tlsCertificate);
}

bool isOf(const x509::Certificate& certificate, const CertificateTemplate& certificateTemplate)
{
    const auto information = certificate.templateInformation();
    return information && certificateTemplate.isNamedBy(*information);
}

bool isOfTheSameTemplate(const RenewalFacts& f) { return isOf(f.old, f.certificateTemplate); }

Refusal anotherTemplate()
{
    return {HResult::TemplateConflict,
        "The renewal is for another template than the old certificate's."};
}

std::optional<Refusal> sameTemplate(const RenewalFacts& f)
{
    if (isOfTheSameTemplate(f)) return std::nullopt;
    const auto& older = f.certificateTemplate.supersedes;
    if (f.record && std::find(older.begin(), older.end(), f.record->templateName) != older.end())
        return std::nullopt;
    return anotherTemplate();
}

std::optional<Refusal> sameSubject(const RenewalFacts& f)
{
    const auto subject = f.request.subjectDer();
    if (subject == f.old.subjectDer()) return std::nullopt;
    // Who does not supply names sends none; they come from the old certificate all the same.
    if (!f.certificateTemplate.subjectSupplied && subject == x509::emptyName) return std::nullopt;
    return Refusal{
        HResult::BadRenewalSubject, "The subject of the renewal is not the old certificate's."};
}

std::optional<Refusal> noOtherNames(const RenewalFacts& f)
{
    // The CA copies the old names whatever is asked; asking for others is refused so that nobody is
    // surprised.
    const auto old = f.old.alternativeNames();
    for (const auto& name : f.request.alternativeNames()) {
        if (std::find(old.begin(), old.end(), name) == old.end())
            return Refusal{HResult::BadRenewalSubject,
                "The renewal asks for the name " + toPrintable(x509::toText(name), 200) +
                    ", which the old certificate does not have."};
    }
    return std::nullopt;
}

// An account that was made anew under its name has another SID.
std::optional<Refusal> sameAccountSid(const RenewalFacts& f)
{
    const auto old = f.old.extension(x509::oid::ntdsSecurity);
    if (!old || f.accountSid.empty() || *old == sidExtensionContent(f.accountSid))
        return std::nullopt;
    return Refusal{HResult::AccessDenied,
        "The SID of the old certificate is not that of the caller's account by now: enrol anew."};
}

// Built names are an account's: they must still be this caller's.
std::optional<Refusal> sameAccount(const RenewalFacts& f)
{
    if (f.certificateTemplate.subjectSupplied) return std::nullopt;
    auto old = f.old.alternativeNames();
    auto account = f.accountNames;
    std::sort(old.begin(), old.end());
    std::sort(account.begin(), account.end());
    if (old == account && f.old.commonName() == f.accountCommonName) return sameAccountSid(f);
    return Refusal{HResult::BadRenewalSubject,
        "The names of the old certificate are not those of the caller's account."};
}

// The names an older template let through need not be names of the one that supersedes it.
std::optional<Refusal> namesOfTheNewTemplate(const RenewalFacts& f)
{
    if (isOfTheSameTemplate(f) || !f.certificateTemplate.subjectSupplied) return std::nullopt;
    if (!allowsSubject(f.certificateTemplate, f.old.subjectDer(), f.old.onlyCommonName()))
        return Refusal{
            HResult::BadRenewalSubject, "The superseding template does not allow the subject " +
                                            toPrintable(f.old.subject(), 200) + "."};
    for (const auto& name : f.old.alternativeNames()) {
        if (!f.certificateTemplate.allowsName(name))
            return Refusal{
                HResult::BadRenewalSubject, "The superseding template does not allow the name " +
                                                toPrintable(x509::toText(name), 200) + "."};
    }
    return std::nullopt;
}

std::optional<Refusal> sameSid(const RenewalFacts& f) { return refuseSid(f.old, f.request); }

// Whether each element of the SEQUENCE that is asked for is in one of those that are allowed.
bool isWithin(const Bytes& asked, const std::vector<Bytes>& allowed)
{
    const auto wanted = elementsOfSequence(asked);
    if (!wanted) return false;
    std::vector<DerElement> known;
    for (const auto& one : allowed) {
        if (const auto elements = elementsOfSequence(one))
            known.insert(known.end(), elements->begin(), elements->end());
    }
    return std::all_of(wanted->begin(), wanted->end(), [&](const auto& element) {
        return std::find(known.begin(), known.end(), element) != known.end();
    });
}

// Usages and policies are the template's whatever is asked; asking for more is an attempt.
std::optional<Refusal> nothingWider(const RenewalFacts& f)
{
    for (const auto oid : {x509::oid::extendedKeyUsage, x509::oid::applicationPolicies,
             x509::oid::certificatePolicies}) {
        const auto asked = f.request.extension(oid);
        const auto old = f.old.extension(oid);
        if (!asked || asked == old) continue;
        std::vector<Bytes> allowed;
        if (old) allowed.push_back(*old);
        if (const auto ofTemplate = extensionsOf(f.certificateTemplate)) {
            for (const auto& extension : *ofTemplate)
                if (extension.oid == oid) allowed.push_back(extension.value);
        }
        if (!isWithin(*asked, allowed))
            return Refusal{HResult::InvalidArgument,
                "The renewal asks for usages or policies (extension " + std::string(oid) +
                    ") that neither the template nor the old certificate has."};
    }
    return std::nullopt;
}

std::optional<Refusal> goodKey(const RenewalFacts& f)
{
    // A compressed point is another encoding of the same key (RFC 5480 2.2).
    const bool same = x509::isSameKey(f.request.publicKeyDer(), f.old.publicKeyDer());
    const auto wanted = f.certificateTemplate.key.inRenewals;
    if (same && wanted == KeyInRenewals::New)
        return Refusal{HResult::RenewalBadPublicKey, "The renewal must have a new key."};
    if (!same && wanted == KeyInRenewals::Same)
        return Refusal{HResult::RenewalBadPublicKey,
            "The template wants renewals to keep the key of the old certificate."};
    if (f.certificateTemplate.allowsKey(f.request.keyType())) return std::nullopt;
    return Refusal{HResult::KeyLength,
        "The public key (" + f.request.keyType() + ") does not meet the minimum of the template."};
}

constexpr std::array<Check, 13> checks = {
    issuedHere,            // nothing else of it can be believed otherwise
    valid,                 // an expired certificate cannot renew itself
    unrevoked,             //
    noTest,                //
    byKey,                 // possession proven twice: TLS and CMS
    sameTemplate,          //
    sameSubject,           //
    noOtherNames,          //
    sameAccount,           //
    namesOfTheNewTemplate, //
    sameSid,               //
    nothingWider,          //
    goodKey,               //
};

} // namespace

std::optional<Refusal> addAccount(RenewalFacts& facts, const Caller& caller)
{
    if (facts.certificateTemplate.subjectSupplied) return std::nullopt;
    auto built = buildIdentity(facts.certificateTemplate, caller);
    if (auto* refusal = std::get_if<Refusal>(&built)) return std::move(*refusal);
    auto& identity = std::get<BuiltIdentity>(built);
    facts.accountCommonName = std::move(identity.commonName);
    facts.accountNames = std::move(identity.alternativeNames);
    facts.accountSid = caller.account.sid;
    return std::nullopt;
}

bool keepsApproval(const RenewalFacts& facts)
{
    return (facts.certificateTemplate.enrollmentFlags() & crtd::previousApproval) != 0 &&
           facts.certificateTemplate.schema > 1 && isOfTheSameTemplate(facts);
}

std::optional<Refusal> refuseSid(const x509::Certificate& old, const x509::SigningRequest& request)
{
    const auto asked = request.extension(x509::oid::ntdsSecurity);
    if (!asked || asked == old.extension(x509::oid::ntdsSecurity)) return std::nullopt;
    return Refusal{HResult::AccessDenied, "The SID of the renewal is not the old certificate's."};
}

std::optional<Refusal> refuseByKey(const CertificateTemplate& certificateTemplate,
    const x509::Certificate& old, const std::optional<x509::Certificate>& tlsCertificate)
{
    if (!tlsCertificate || !(*tlsCertificate == old))
        return Refusal{HResult::AccessDenied,
            "The TLS client certificate is not the certificate that is to be renewed."};
    if (!certificateTemplate.keyBasedRenewal)
        return Refusal{HResult::TemplateDenied, "The template does not allow key-based renewal."};
    // A renewal by key has no rights of its own beyond the template it was issued for.
    if (!isOf(old, certificateTemplate)) return anotherTemplate();
    return std::nullopt;
}

std::optional<Refusal> refuseRenewal(const RenewalFacts& facts)
{
    for (const Check check : checks) {
        if (auto refusal = check(facts)) return refusal;
    }
    return std::nullopt;
}

} // namespace perennial::enrollment::server
