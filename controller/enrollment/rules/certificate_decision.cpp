#include "controller/enrollment/rules/certificate_decision.h"

#include "controller/enrollment/authentication/certificate_mappings.h"

namespace perennial::enrollment::server {

namespace {

constexpr Duration clockSkew =
    std::chrono::minutes(10); // hosts with a late clock can use it at once

// Who the certificate is for: subject, alternative names and SID, as DER.
struct Holder {
    Bytes subject = x509::emptyName;
    std::optional<Bytes> names;
    std::optional<Bytes> sid;
};

Holder holderOf(const x509::Certificate& old)
{
    return {old.subjectDer(), old.extension(x509::oid::subjectAlternativeName),
        old.extension(x509::oid::ntdsSecurity)};
}

// The SID, if any, is the caller's own: refuseNew() has looked.
Holder holderOf(const CertificateTemplate& t, const x509::SigningRequest& request)
{
    return {request.subjectDer(), request.extension(x509::oid::subjectAlternativeName),
        t.securityExtension ? request.extension(x509::oid::ntdsSecurity) : std::nullopt};
}

// RFC 4514 2.4: what would end the value, or be taken for more than a common name.
std::string escaped(const std::string& value)
{
    std::string text;
    for (const char c : value) {
        if (std::string_view("\\,+\"<>;=#").find(c) != std::string_view::npos) text += '\\';
        text += c;
    }
    return text;
}

Result<Holder> holderOf(const BuiltIdentity& identity)
{
    Holder holder;
    if (!identity.commonName.empty()) {
        const auto subject = x509::subjectDerFromText("CN=" + escaped(identity.commonName));
        if (!subject) return subject.error();
        holder.subject = *subject;
    }
    if (!identity.alternativeNames.empty()) {
        const auto names = x509::alternativeNameExtension(identity.alternativeNames);
        if (!names) return names.error();
        holder.names = names->value;
    }
    if (!identity.sid.empty()) holder.sid = sidExtensionContent(identity.sid);
    return holder;
}

} // namespace

Result<x509::CertificateContent> decideContent(const CertificateTemplate& t,
    const x509::SigningRequest& request, const std::optional<x509::Certificate>& old, TimePoint now,
    const BuiltIdentity& identity)
{
    auto extensions = extensionsOf(t);
    if (!extensions) return extensions.error();
    const auto holder = old                 ? Result<Holder>(holderOf(*old))
                        : t.subjectSupplied ? Result<Holder>(holderOf(t, request))
                                            : holderOf(identity);
    if (!holder) return holder.error();
    if (holder->names) // critical without a subject: RFC 5280 4.2.1.6
        extensions->push_back({std::string(x509::oid::subjectAlternativeName),
            holder->subject == x509::emptyName, *holder->names});
    if (holder->sid)
        extensions->push_back({std::string(x509::oid::ntdsSecurity), false, *holder->sid});
    return x509::CertificateContent{holder->subject, request.publicKeyDer(), now - clockSkew,
        now + t.validity, *std::move(extensions)};
}

} // namespace perennial::enrollment::server
