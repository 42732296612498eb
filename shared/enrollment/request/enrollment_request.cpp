#include "shared/enrollment/request/certificate_request.h"

#include <algorithm>

namespace perennial::enrollment::request {

namespace {

using x509::Extension;

// Adds the extension, in place of one of the same type.
void put(std::vector<Extension>& extensions, Extension extension)
{
    const auto like = std::find_if(extensions.begin(), extensions.end(),
        [&](const Extension& one) { return one.oid == extension.oid; });
    if (like == extensions.end()) {
        extensions.push_back(std::move(extension));
    } else {
        *like = std::move(extension);
    }
}

Status put(std::vector<Extension>& extensions, Result<Extension> extension)
{
    if (!extension) return extension.error();
    put(extensions, std::move(extension).value());
    return {};
}

Status addExtensions(const EnrollmentContent& content, std::vector<Extension>& extensions)
{
    Status status;
    if (!content.alternativeNames.empty()) {
        // RFC 5280 4.2.1.6: critical where there is no subject.
        status = put(extensions,
            x509::alternativeNameExtension(content.alternativeNames, content.subject.empty()));
    }
    if (status && !content.extendedKeyUsages.empty()) {
        status = put(extensions, x509::extendedKeyUsageExtension(content.extendedKeyUsages));
    }
    if (status && !content.keyUsages.empty()) {
        status = put(extensions, x509::keyUsageExtension(content.keyUsages));
    }
    const x509::TemplateInformation& information = content.templateInformation;
    if (status && !(information.oid.empty() && information.name.empty())) {
        status = put(extensions, x509::templateInformationExtension(information));
    }
    if (status && !content.applicationPolicies.empty()) {
        status = put(extensions, x509::applicationPoliciesExtension(content.applicationPolicies));
    }
    return status;
}

} // namespace

Result<x509::SigningRequest> makeEnrollmentRequest(
    const EnrollmentContent& content, const x509::PrivateKey& key)
{
    x509::RequestContent request;
    request.subjectDer = x509::emptyName;
    request.hash = content.hash;
    if (!content.subject.empty()) {
        auto subject = x509::subjectDerFromText(content.subject);
        if (!subject) return subject.error();
        request.subjectDer = std::move(*subject);
    }
    if (const Status status = addExtensions(content, request.extensions); !status) {
        return status.error();
    }
    for (const Extension& extension : content.furtherExtensions)
        put(request.extensions, extension);
    return x509::makeSigningRequest(request, key);
}

} // namespace perennial::enrollment::request
