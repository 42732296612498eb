#include "controller/enrollment/authentication/certificate_mappings.h"
#include "controller/enrollment/rules/built_names.h"
#include "controller/enrollment/rules/request_rules.h"

namespace perennial::enrollment::server {

namespace {

std::optional<Refusal> refuseNames(
    const CertificateTemplate& t, const x509::SigningRequest& request)
{
    const auto names = request.alternativeNames();
    if (request.subjectDer() == x509::emptyName && names.empty())
        return Refusal{HResult::BadRequestSubject, "The request has neither a subject nor a name."};
    if (!allowsSubject(t, request.subjectDer(), request.onlyCommonName()))
        return Refusal{HResult::BadRequestSubject,
            "The template does not allow the subject " + toPrintable(request.subject(), 200) + "."};
    for (const auto& name : names) {
        if (!t.allowsName(name))
            return Refusal{HResult::BadRequestSubject, "The template does not allow the name " +
                                                           toPrintable(x509::toText(name), 200) +
                                                           "."};
    }
    return std::nullopt;
}

} // namespace

bool allowsSubject(const CertificateTemplate& t, const Bytes& subjectDer,
    const std::optional<std::string>& commonName)
{
    return subjectDer == x509::emptyName || (commonName && t.allowsCommonName(*commonName));
}

std::optional<Refusal> refuseWithoutRight(const CertificateTemplate& t, const Caller& caller)
{
    if (t.mayEnroll(caller.name, caller.groups, caller.certificate)) return std::nullopt;
    return Refusal{HResult::TemplateDenied,
        "The permissions on the certificate template do not allow the current user to enroll for "
        "this type of certificate."};
}

std::optional<Refusal> refuseNew(
    const CertificateTemplate& t, const Caller& caller, const x509::SigningRequest& request)
{
    if (auto refusal = refuseWithoutRight(t, caller)) return refusal;
    if (auto refusal = refuseSid(caller, request)) return refusal;
    return refuseContent(t, caller, request);
}

// A SID makes a domain controller take the holder for that account (KB5014754).
std::optional<Refusal> refuseSid(const Caller& caller, const x509::SigningRequest& request)
{
    const auto asked = request.extension(x509::oid::ntdsSecurity);
    const auto& own = caller.account.sid;
    if (!asked || (!own.empty() && *asked == sidExtensionContent(own))) return std::nullopt;
    return Refusal{HResult::AccessDenied, "A request may not choose a SID."};
}

std::optional<Refusal> refuseContent(
    const CertificateTemplate& t, const Caller& caller, const x509::SigningRequest& request)
{
    if (!t.allowsKey(request.keyType()))
        return Refusal{HResult::KeyLength, "The public key (" + request.keyType() +
                                               ") does not meet the minimum of the template."};
    if (t.subjectSupplied) return refuseNames(t, request);
    const auto built = buildIdentity(t, caller);
    if (const auto* refusal = std::get_if<Refusal>(&built)) return *refusal;
    return std::nullopt;
}

} // namespace perennial::enrollment::server
