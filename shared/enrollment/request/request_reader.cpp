#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cmc.h"
#include "shared/x509/cms.h"

#include <algorithm>

namespace perennial::enrollment::request {

namespace {

using x509::Certificate;
using x509::SigningRequest;

// The outermost DER length says more than there is.
bool isCutOff(std::string_view der)
{
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(der[at]); };
    if (der.size() < 2) return true;
    std::size_t header = 2;
    std::size_t length = byte(1);
    if (length > 0x80U) {
        const std::size_t octets = length & 0x7FU;
        if (octets > 4) return false;
        header += octets;
        if (der.size() < header) return true;
        length = 0;
        for (std::size_t i = 2; i < header; ++i)
            length = (length << 8U) | byte(i);
    }
    return der.size() - header < length;
}

Rejected unreadable(std::string_view der, const Error& error)
{
    return {isCutOff(der) ? HResult::Asn1EndOfData : HResult::Asn1BadTag, error.message};
}

// A PKCS#10 whose sender holds the key. Null signatures (MS-WCCE 2.2.2.6.5) are not accepted: there
// is no outer signature by the new key in the kinds that are handled.
std::variant<SigningRequest, Rejected> readPkcs10(std::string_view der)
{
    auto request = SigningRequest::fromDer(der);
    if (!request) return unreadable(der, request.error());
    if (!request->isSelfSigned()) {
        return Rejected{
            HResult::BadSignature, "the request is not signed by the key that it names"};
    }
    return std::move(request).value();
}

Rejected badRenewal(std::string reason)
{
    return {HResult::BadRenewalCertificateAttribute, std::move(reason)};
}

// The certificate of attribute 13.1, which must be among those of the CMS.
std::variant<Certificate, Rejected> oldCertificate(
    const std::vector<Bytes>& values, const std::vector<Certificate>& enclosed)
{
    if (values.size() != 1) return badRenewal("the renewal names more than one old certificate");
    const auto old = std::find_if(enclosed.begin(), enclosed.end(),
        [&](const Certificate& certificate) { return certificate.toDer() == values.front(); });
    if (old == enclosed.end()) return badRenewal("the old certificate is not in the CMS message");
    return *old;
}

ReadRequest readCmsRequest(std::string_view der)
{
    const auto message = x509::CmsMessage::fromDer(der);
    if (!message) return unreadable(der, message.error());
    const auto* cms = &message->content();
    if (cms->contentType == x509::oid::cmcPkiData) {
        return Unsupported{
            "CMC full requests are not supported: send a PKCS#10, or a CMS over one"};
    }
    if (cms->contentType != x509::oid::data) {
        return Rejected{HResult::InvalidMessageType, "CMS message that holds no data"};
    }
    auto inner = readPkcs10(cms->content);
    if (auto* rejected = std::get_if<Rejected>(&inner)) return std::move(*rejected);
    auto& request = std::get<SigningRequest>(inner);

    std::optional<Certificate> old;
    const auto values = request.attributeValues(x509::oid::renewalCertificate);
    if (!values.empty()) {
        auto found = oldCertificate(values, cms->certificates);
        if (auto* rejected = std::get_if<Rejected>(&found)) return std::move(*rejected);
        old = std::get<Certificate>(std::move(found));
    }
    if (cms->signerCount == 0) return Rejected{HResult::NoSigner, "CMS message without a signer"};
    auto signer = message->verifySigner();
    if (!signer) return Rejected{HResult::BadSignature, signer.error().message};
    if (!old) return NewRequest{std::move(request), *std::move(signer)};
    if (!(*signer == *old)) {
        return badRenewal("the renewal is not signed by the old certificate that it names");
    }
    return RenewalRequest{std::move(request), std::move(*old)};
}

} // namespace

ReadRequest readRequest(std::string_view der)
{
    if (der.size() > sizeLimit) return Rejected{HResult::InvalidData, "request over 256 KiB"};
    if (x509::looksLikeSignedData(der)) return readCmsRequest(der);
    auto request = readPkcs10(der);
    if (auto* rejected = std::get_if<Rejected>(&request)) return std::move(*rejected);
    return NewRequest{std::get<SigningRequest>(std::move(request)), std::nullopt};
}

} // namespace perennial::enrollment::request
