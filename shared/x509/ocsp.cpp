#include "shared/x509/ocsp.h"

#include "shared/x509/asn1_values.h"
#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <openssl/ocsp.h>

namespace perennial::x509 {

namespace {

using RequestOwner = std::unique_ptr<OCSP_REQUEST, FreeWith<&OCSP_REQUEST_free>>;
using AnswerHandle = std::unique_ptr<OCSP_RESPONSE, FreeWith<&OCSP_RESPONSE_free>>;
using BasicHandle = std::unique_ptr<OCSP_BASICRESP, FreeWith<&OCSP_BASICRESP_free>>;
using CertIdHandle = std::unique_ptr<OCSP_CERTID, FreeWith<&OCSP_CERTID_free>>;

constexpr int nonceLimit = 128; // octets; RFC 8954 2.1 says 32, older clients send more

Error failure() { return opensslError(ErrorKind::Internal, "answering OCSP"); }
Error refusal(const std::string& what)
{
    return Error{ErrorKind::InvalidInput, "OCSP request: " + what};
}

OCSP_CERTID* idOf(OCSP_REQUEST* request, std::size_t question)
{
    return OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, static_cast<int>(question)));
}

bool add(OCSP_BASICRESP* basic, OCSP_CERTID* id, const OcspStatus& status,
    const OcspAnswerContent& content)
{
    const auto from = generalizedTimeHandle(content.thisUpdate);
    const auto until = generalizedTimeHandle(content.nextUpdate);
    if (!from || !until) return false;
    if (status.kind != OcspStatus::Kind::Revoked) {
        const int kind = status.kind == OcspStatus::Kind::Good ? V_OCSP_CERTSTATUS_GOOD
                                                               : V_OCSP_CERTSTATUS_UNKNOWN;
        return OCSP_basic_add1_status(basic, id, kind, 0, nullptr, from.get(), until.get()) !=
               nullptr;
    }
    const auto revokedAt = generalizedTimeHandle(status.revokedAt);
    const int reason = status.reason == RevocationReason::Unspecified
                           ? OCSP_REVOKED_STATUS_NOSTATUS
                           : static_cast<int>(status.reason);
    return revokedAt && OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED, reason,
                            revokedAt.get(), from.get(), until.get()) != nullptr;
}

} // namespace

Result<OcspRequest> OcspRequest::fromDer(std::string_view der)
{
    if (der.size() > sizeLimit) return refusal("over " + std::to_string(sizeLimit) + " bytes");
    if (const auto structure = checkStructure(der, Encoding::Der); !structure)
        return refusal(structure.error().message);
    clearOpensslErrors();
    auto parsed = decode<RequestOwner, &d2i_OCSP_REQUEST>(der);
    if (!parsed) return opensslError(ErrorKind::InvalidInput, "not an OCSP request");
    const int count = OCSP_request_onereq_count(parsed.get());
    if (count < 1 || count > questionLimit)
        return refusal("it must ask after 1 to " + std::to_string(questionLimit) +
                       " certificates, not " + std::to_string(count));
    const int at = OCSP_REQUEST_get_ext_by_NID(parsed.get(), NID_id_pkix_OCSP_Nonce, -1);
    if (at >= 0) {
        const auto* nonce = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(parsed.get(), at));
        if (ASN1_STRING_length(nonce) > nonceLimit) return refusal("its nonce is too long");
    }
    return OcspRequest(std::shared_ptr<OCSP_REQUEST>(std::move(parsed)));
}

std::size_t OcspRequest::size() const
{
    return static_cast<std::size_t>(OCSP_request_onereq_count(handle_.get()));
}

bool OcspRequest::asksAbout(std::size_t question, const Certificate& issuer) const
{
    OCSP_CERTID* asked = idOf(handle_.get(), question);
    ASN1_OBJECT* algorithm = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, &serial, asked) != 1) return false;
    clearOpensslErrors();
    const EVP_MD* digest = EVP_get_digestbyobj(algorithm);
    if (digest == nullptr) return false;
    const CertIdHandle ours(OCSP_cert_id_new(digest, X509_get_subject_name(issuer.handle()),
        X509_get0_pubkey_bitstr(issuer.handle()), serial));
    const bool same = ours && OCSP_id_issuer_cmp(ours.get(), asked) == 0;
    clearOpensslErrors();
    return same;
}

std::string OcspRequest::serial(std::size_t question) const
{
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, idOf(handle_.get(), question));
    return serialText(serial);
}

bool OcspRequest::hasNonce() const
{
    return OCSP_REQUEST_get_ext_by_NID(handle_.get(), NID_id_pkix_OCSP_Nonce, -1) >= 0;
}

Result<Bytes> makeOcspAnswer(
    const OcspRequest& request, const OcspAnswerContent& content, const OcspSigner& signer)
{
    if (content.statuses.size() != request.size())
        return Error{ErrorKind::Internal, "answering OCSP: not one status for each question"};
    if (!signer.key.matches(signer.certificate))
        return Error{ErrorKind::InvalidInput, "answering OCSP: the key is not the signer's"};
    clearOpensslErrors();
    const BasicHandle basic(OCSP_BASICRESP_new());
    if (!basic) return failure();
    for (std::size_t i = 0; i < content.statuses.size(); ++i) {
        if (!add(basic.get(), idOf(request.handle(), i), content.statuses[i], content))
            return failure();
    }
    if (request.hasNonce() && OCSP_copy_nonce(basic.get(), request.handle()) != 1) return failure();
    const unsigned long flags =
        static_cast<unsigned long>(OCSP_RESPID_KEY) | (signer.delegated ? 0UL : OCSP_NOCERTS);
    if (OCSP_basic_sign(basic.get(), signer.certificate.handle(), signer.key.handle(),
            signingDigest(signer.key.handle()), nullptr, flags) != 1)
        return failure();
    const AnswerHandle answer(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    if (!answer) return failure();
    return encode<&i2d_OCSP_RESPONSE>(answer.get());
}

Bytes ocspFailure(OcspFailure failure)
{
    const AnswerHandle answer(OCSP_response_create(static_cast<int>(failure), nullptr));
    return answer ? encode<&i2d_OCSP_RESPONSE>(answer.get()) : Bytes();
}

} // namespace perennial::x509
