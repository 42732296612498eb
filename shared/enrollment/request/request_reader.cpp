#include "shared/enrollment/request/request_parts.h"
#include "shared/x509/cmc.h"

namespace perennial::enrollment::request {

namespace {

using x509::SigningRequest;

Rejected notSigned()
{
    return {HResult::BadSignature, "the request is not signed by the key that it names"};
}

ReadRequest readPkcs10Request(std::string_view der)
{
    auto parsed = parsePkcs10(der);
    if (auto* rejected = std::get_if<Rejected>(&parsed)) return std::move(*rejected);
    auto& request = std::get<SigningRequest>(parsed);
    // A null signature (MS-WCCE 2.2.2.6.5) proves nothing without a signed message around it.
    if (!request.isSelfSigned()) return notSigned();
    Attributes attributes;
    auto rejected = addPairs(request.attributeValues(x509::oid::nameValuePair), attributes);
    if (rejected) return *std::move(rejected);
    return NewRequest{std::move(request), {}, std::move(attributes)};
}

// A CMS over a PKCS#10. In the order of MS-WCCE 3.2.1.4.2.1.4.
ReadRequest readSignedPkcs10(const x509::CmsMessage& message)
{
    const auto& cms = message.content();
    auto inner = parsePkcs10(cms.content);
    if (auto* rejected = std::get_if<Rejected>(&inner)) return std::move(*rejected);
    auto& request = std::get<SigningRequest>(inner);
    const bool selfSigned = request.isSelfSigned();
    if (!selfSigned && !request.isNullSigned()) return notSigned();

    auto old = findOldCertificate(request, cms.certificates);
    if (old.rejected) return *std::move(old.rejected);
    if (cms.signerCount == 0) return Rejected{HResult::NoSigner, "CMS message without a signer"};
    if (cms.signerCount > signerLimit) return tooManySigners();
    Attributes attributes;
    auto rejected = addPairs(request.attributeValues(x509::oid::nameValuePair), attributes);
    if (rejected) return *std::move(rejected);
    std::vector<x509::Certificate> signers;
    for (std::size_t at = 0; at < cms.signerCount; ++at) {
        // A renewal is signed by the old certificate and by nobody else.
        auto signer = old.certificate ? message.verifySigner() : message.verifySigner(at);
        if (!signer) return Rejected{HResult::BadSignature, signer.error().message};
        signers.push_back(*std::move(signer));
        rejected = addPairs(message.signers()[at], attributes);
        if (rejected) return *std::move(rejected);
    }
    auto others = othersThan(request, signers);
    if (!selfSigned && others.size() == signers.size()) return notSigned();
    if (!old.certificate)
        return NewRequest{std::move(request), std::move(others), std::move(attributes)};
    if (!(signers.front() == *old.certificate))
        return badRenewal("the renewal is not signed by the old certificate that it names");
    return RenewalRequest{std::move(request), *std::move(old.certificate), std::move(attributes)};
}

} // namespace

ReadRequest readRequest(std::string_view der, const std::vector<x509::Certificate>& known)
{
    if (der.size() > sizeLimit) return Rejected{HResult::InvalidData, "request over 256 KiB"};
    if (!x509::looksLikeSignedData(der)) return readPkcs10Request(der);
    const auto message = x509::CmsMessage::fromDer(der, known);
    if (!message) return unreadable(der, message.error());
    const std::string& type = message->content().contentType;
    if (type == x509::oid::cmcPkiData) return readCmcRequest(*message);
    if (type == x509::oid::data) return readSignedPkcs10(*message);
    return Rejected{HResult::InvalidMessageType, "CMS message that holds no request"};
}

} // namespace perennial::enrollment::request
