#include "controller/enrollment/authentication/certificate_mappings.h"
#include "controller/enrollment/rules/built_names.h"
#include "controller/enrollment/rules/request_rules.h"

namespace perennial::enrollment::server {

namespace {

// The common name is a name too: it must be among what the template allows.
bool commonNameAllowed(const CertificateTemplate& t, const x509::SigningRequest& request)
{
    const auto subject = request.subject();
    if (subject.empty()) return true;
    // A comma ends an RDN, a plus ends one of its parts (RFC 4514 2.2, 2.3).
    if (subject.rfind("CN=", 0) != 0 || subject.find_first_of(",+") != std::string::npos)
        return false;
    return t.allowsName({x509::GeneralName::Type::Dns, subject.substr(3)});
}

std::optional<Refusal> refuseNames(
    const CertificateTemplate& t, const x509::SigningRequest& request)
{
    const auto names = request.alternativeNames();
    if (request.subject().empty() && names.empty())
        return Refusal{HResult::BadRequestSubject, "The request has neither a subject nor a name."};
    if (!commonNameAllowed(t, request))
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
