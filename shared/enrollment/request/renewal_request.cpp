#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cms.h"

#include <array>

namespace perennial::enrollment::request {

namespace {

// What a renewal takes over from the old certificate, besides its subject.
constexpr std::array copiedExtensions{x509::oid::subjectAlternativeName,
    x509::oid::extendedKeyUsage, x509::oid::keyUsage, x509::oid::templateName,
    x509::oid::templateInformation, x509::oid::applicationPolicies, x509::oid::ntdsSecurity};

} // namespace

Result<Bytes> makeRenewalRequest(const x509::Certificate& oldCertificate,
    const x509::PrivateKey& oldKey, const x509::PrivateKey& newKey)
{
    x509::RequestContent content;
    content.subjectDer = oldCertificate.subjectDer();
    for (const std::string_view oid : copiedExtensions) {
        if (auto value = oldCertificate.extension(oid)) {
            content.extensions.push_back(
                {std::string(oid), oldCertificate.isExtensionCritical(oid), std::move(*value)});
        }
    }
    content.attributes.emplace(x509::oid::renewalCertificate, oldCertificate.toDer());
    const auto request = x509::makeSigningRequest(content, newKey);
    if (!request) return request.error();
    return x509::signData(request->toDer(), oldCertificate, oldKey);
}

} // namespace perennial::enrollment::request
