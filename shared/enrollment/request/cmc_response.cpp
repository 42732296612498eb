#include "shared/enrollment/request/cmc_response.h"

#include "shared/base/encoding.h"
#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cms.h"
#include "shared/x509/digest.h"

#include <optional>
#include <vector>

namespace perennial::enrollment::request {

namespace {

using x509::Certificate;

Result<Bytes> sign(
    const x509::CmcStatus& status, const ResponseSigner& signer, std::vector<Certificate> enclosed)
{
    auto body = x509::encodeCmcStatus(status);
    if (!body) return body;
    enclosed.insert(enclosed.begin(), signer.certificate);
    enclosed.insert(enclosed.begin(), signer.above.begin(), signer.above.end());
    return x509::signContent(
        x509::oid::cmcPkiResponse, *body, signer.certificate, signer.key, enclosed);
}

// Four octets, the lowest first: opaque to clients, but what AD CS sends.
Bytes pendToken(std::uint32_t requestId)
{
    Bytes token;
    for (unsigned shift = 0; shift < 32U; shift += 8U)
        token += static_cast<char>((requestId >> shift) & 0xFFU);
    return token;
}

Error refuse(std::string reason) { return {ErrorKind::InvalidInput, std::move(reason)}; }

Result<Certificate> pickFrom(const CmcResponse& response, std::string_view publicKeyDer)
{
    if (response.status.kind != x509::CmcStatus::Kind::Issued) {
        return refuse("the CMC response holds no issued certificate: " +
                      toPrintable(response.status.message));
    }
    std::vector<Certificate> withKey;
    for (const Certificate& certificate : response.certificates) {
        if (certificate.publicKeyDer() != publicKeyDer) continue;
        const bool named = response.status.certificateSha1 &&
                           x509::sha1(certificate.toDer()) == *response.status.certificateSha1;
        if (named) return certificate;
        withKey.push_back(certificate);
    }
    if (withKey.empty()) {
        return refuse("no certificate of the CMC response is for the request's key");
    }
    if (withKey.size() > 1) {
        return refuse("the CMC response has several certificates for the request's key");
    }
    return withKey.front();
}

} // namespace

Result<Bytes> makeIssuedResponse(
    const Certificate& issued, const ResponseSigner& signer, std::string_view message)
{
    return sign({x509::CmcStatus::Kind::Issued, std::string(message), x509::sha1(issued.toDer()),
                    std::nullopt},
        signer, {issued});
}

Result<Bytes> makePendingResponse(
    std::uint32_t requestId, TimePoint now, const ResponseSigner& signer, std::string_view message)
{
    return sign({x509::CmcStatus::Kind::Pending, std::string(message), std::nullopt,
                    x509::CmcStatus::Pend{pendToken(requestId), now}},
        signer, {});
}

Result<Bytes> makeDeniedResponse(const ResponseSigner& signer, std::string_view message)
{
    return sign({x509::CmcStatus::Kind::Failed, std::string(message), std::nullopt, std::nullopt},
        signer, {});
}

Result<CmcResponse> readCmcResponse(std::string_view der, const std::vector<Certificate>& known)
{
    if (der.size() > sizeLimit) return refuse("CMC response over 256 KiB");
    const auto message = x509::CmsMessage::fromDer(der, known);
    if (!message) return message.error();
    const auto& cms = message->content();
    if (cms.contentType != x509::oid::cmcPkiResponse) {
        return refuse("CMS message that is no CMC response");
    }
    auto status = x509::decodeCmcStatus(cms.content);
    if (!status) return status.error();
    return CmcResponse{std::move(status).value(), cms.certificates};
}

Result<IssuedCertificate> pickIssuedCertificate(std::string_view x509Token,
    std::string_view cmcResponse, std::string_view requestPublicKeyDer,
    std::vector<Certificate> known)
{
    if (x509Token.empty() && cmcResponse.empty()) {
        return refuse("the response holds neither a certificate nor a CMC response");
    }
    std::optional<Certificate> token;
    if (!x509Token.empty()) {
        auto read = Certificate::fromDer(x509Token);
        if (!read) return read.error();
        token = *std::move(read);
        known.push_back(*token);
    }
    const auto response = readCmcResponse(cmcResponse, known);
    if (!token && !response) return response.error();
    auto certificate = token ? Result(*token) : pickFrom(*response, requestPublicKeyDer);
    if (!certificate) return certificate.error();
    if (certificate->publicKeyDer() != requestPublicKeyDer) {
        return refuse("the certificate is not for the request's key");
    }
    std::vector<Certificate> others;
    if (response) others = response->certificates;
    std::erase(others, *certificate);
    return IssuedCertificate{std::move(certificate).value(), std::move(others)};
}

} // namespace perennial::enrollment::request
