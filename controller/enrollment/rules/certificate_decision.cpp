#include "controller/enrollment/rules/certificate_decision.h"

namespace perennial::enrollment::server {

namespace {

constexpr Duration clockSkew =
    std::chrono::minutes(10); // hosts with a late clock can use it at once

} // namespace

Result<x509::CertificateContent> decideContent(const CertificateTemplate& t,
    const x509::SigningRequest& request, const std::optional<x509::Certificate>& old, TimePoint now)
{
    auto extensions = extensionsOf(t);
    if (!extensions) return extensions.error();
    const auto names = old ? old->extension(x509::oid::subjectAlternativeName)
                           : request.extension(x509::oid::subjectAlternativeName);
    const auto subject = old ? old->subjectDer() : request.subjectDer();
    if (names) {
        const bool emptySubject =
            subject == Bytes("\x30\x00", 2); // RFC 5280 4.2.1.6: then critical
        extensions->push_back(
            {std::string(x509::oid::subjectAlternativeName), emptySubject, *names});
    }
    if (old) {
        if (const auto sid = old->extension(x509::oid::ntdsSecurity))
            extensions->push_back({std::string(x509::oid::ntdsSecurity), false, *sid});
    }
    return x509::CertificateContent{
        subject, request.publicKeyDer(), now - clockSkew, now + t.validity, *std::move(extensions)};
}

} // namespace perennial::enrollment::server
