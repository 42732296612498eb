#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cmc_request.h"
#include "shared/x509/cms.h"

#include <array>

namespace perennial::enrollment::request {

namespace {

// What a renewal takes over from the old certificate, besides its subject.
constexpr std::array copiedExtensions{x509::oid::subjectAlternativeName,
    x509::oid::extendedKeyUsage, x509::oid::keyUsage, x509::oid::templateName,
    x509::oid::templateInformation, x509::oid::applicationPolicies, x509::oid::ntdsSecurity};

// The PKCS#10 of a renewal, signed by the new key.
Result<x509::SigningRequest> makeInner(
    const x509::Certificate& oldCertificate, const x509::PrivateKey& newKey)
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
    return x509::makeSigningRequest(content, newKey);
}

Result<Bytes> pkiDataOf(const x509::SigningRequest& request, std::string_view regInfo)
{
    x509::PkiData data;
    data.requests.push_back({1, request.toDer()});
    if (!regInfo.empty()) {
        auto value = x509::regInfoToDer(regInfo);
        if (!value) return value.error();
        data.controls.push_back({std::string(x509::oid::cmcRegInfo), {*std::move(value)}});
    }
    return x509::encodePkiData(data);
}

// What a reader that decodes gets back, and what separates pairs, is escaped; nothing else.
std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '%' || c == '&' || c == '=')
            out += '%' + toUpperHex(std::string_view(&c, 1));
        else
            out += c;
    }
    return out;
}

} // namespace

Result<Bytes> makeRenewalRequest(const x509::Certificate& oldCertificate,
    const x509::PrivateKey& oldKey, const x509::PrivateKey& newKey)
{
    const auto request = makeInner(oldCertificate, newKey);
    if (!request) return request.error();
    return x509::signData(request->toDer(), oldCertificate, oldKey);
}

Result<Bytes> makeCmcRenewal(const x509::Certificate& oldCertificate,
    const x509::PrivateKey& oldKey, const x509::PrivateKey& newKey)
{
    const auto request = makeInner(oldCertificate, newKey);
    if (!request) return request.error();
    const auto data = pkiDataOf(*request, "");
    if (!data) return data.error();
    return x509::signCmcRequest(*data, newKey, x509::RenewalSigner{oldCertificate, oldKey});
}

Result<Bytes> makeCmcRequest(const x509::SigningRequest& request, const x509::PrivateKey& key,
    const std::vector<x509::NameValue>& attributes)
{
    if (request.publicKeyDer() != key.publicKeyDer())
        return Error{ErrorKind::InvalidInput, "CMC: the key is not the request's"};
    std::string regInfo;
    for (const auto& pair : attributes) {
        if (pair.name.empty() || pair.name.find_first_of("=&%") != std::string::npos)
            return Error{ErrorKind::InvalidInput, "CMC: a request attribute needs a plain name"};
        regInfo += (regInfo.empty() ? "" : "&") + pair.name + '=' + escaped(pair.value);
    }
    const auto data = pkiDataOf(request, regInfo);
    if (!data) return data.error();
    return x509::signCmcRequest(*data, key);
}

} // namespace perennial::enrollment::request
