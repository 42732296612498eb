#include "controller/enrollment/rules/request_rules.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server {

namespace {

using Check = std::optional<Refusal> (*)(const RenewalFacts&);

std::optional<Refusal> issuedHere(const RenewalFacts& f)
{
    if (f.record && f.record->fingerprint == f.old.fingerprint() && f.old.isSignedBy(f.authority))
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

std::optional<Refusal> shownToTls(const RenewalFacts& f)
{
    if (!f.keyBasedEndpoint) return std::nullopt;
    if (f.tlsCertificate && *f.tlsCertificate == f.old) return std::nullopt;
    return Refusal{HResult::AccessDenied,
        "The TLS client certificate is not the certificate that is to be renewed."};
}

std::optional<Refusal> renewableByKey(const RenewalFacts& f)
{
    if (!f.keyBasedEndpoint || f.certificateTemplate.keyBasedRenewal) return std::nullopt;
    return Refusal{HResult::TemplateDenied, "The template does not allow key-based renewal."};
}

std::optional<Refusal> sameTemplate(const RenewalFacts& f)
{
    const auto information = f.old.templateInformation();
    if (information && information->oid == f.certificateTemplate.oid) return std::nullopt;
    return Refusal{HResult::TemplateConflict,
        "The renewal is for another template than the old certificate's."};
}

std::optional<Refusal> sameSubject(const RenewalFacts& f)
{
    if (f.request.subjectDer() == f.old.subjectDer()) return std::nullopt;
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

std::optional<Refusal> sameSid(const RenewalFacts& f)
{
    const auto asked = f.request.extension(x509::oid::ntdsSecurity);
    if (!asked || asked == f.old.extension(x509::oid::ntdsSecurity)) return std::nullopt;
    return Refusal{HResult::AccessDenied, "The SID of the renewal is not the old certificate's."};
}

std::optional<Refusal> goodNewKey(const RenewalFacts& f)
{
    if (f.request.publicKeyDer() == f.old.publicKeyDer())
        return Refusal{HResult::RenewalBadPublicKey, "The renewal must have a new key."};
    if (f.certificateTemplate.allowsKey(f.request.keyType())) return std::nullopt;
    return Refusal{HResult::KeyLength,
        "The public key (" + f.request.keyType() + ") does not meet the minimum of the template."};
}

constexpr std::array<Check, 10> checks = {
    issuedHere,     // nothing else of it can be believed otherwise
    valid,          // an expired certificate cannot renew itself
    unrevoked,      //
    shownToTls,     // possession proven twice: TLS and CMS
    renewableByKey, //
    sameTemplate,   //
    sameSubject,    //
    noOtherNames,   //
    sameSid,        //
    goodNewKey,     //
};

} // namespace

std::optional<Refusal> refuseRenewal(const RenewalFacts& facts)
{
    for (const Check check : checks) {
        if (auto refusal = check(facts)) return refusal;
    }
    return std::nullopt;
}

} // namespace perennial::enrollment::server
