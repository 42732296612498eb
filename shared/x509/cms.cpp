#include "shared/x509/cms.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"

#include <algorithm>
#include <openssl/objects.h>

namespace perennial::x509 {

namespace {

constexpr std::size_t sizeLimit = 512U << 10U; // a request or a response, not a document
constexpr int certificateLimit = 50;
constexpr std::string_view signedDataOid = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"; // pkcs7 2

Error refusal(const std::string& what) { return Error{ErrorKind::InvalidInput, "CMS: " + what}; }

Result<std::vector<Certificate>> certificatesOf(CMS_ContentInfo* cms)
{
    const CertificatesHandle list(CMS_get1_certs(cms));
    const int count = list ? sk_X509_num(list.get()) : 0;
    if (count > certificateLimit)
        return refusal("more than " + std::to_string(certificateLimit) + " certificates");
    std::vector<Certificate> certificates;
    for (int i = 0; i < count; ++i) {
        auto certificate = Certificate::fromParsed(sk_X509_value(list.get(), i));
        if (!certificate) return certificate.error().in("CMS");
        certificates.push_back(*std::move(certificate));
    }
    return certificates;
}

Result<CmsHandle> parse(std::string_view der)
{
    if (der.size() > sizeLimit) return refusal("over " + std::to_string(sizeLimit) + " bytes");
    if (const auto structure = checkStructure(der, Encoding::Ber); !structure)
        return refusal(structure.error().message);
    // Other content types (enveloped, authenticated) are never decoded: nothing here decrypts.
    if (!looksLikeSignedData(der)) return refusal("not a SignedData");
    clearOpensslErrors();
    auto cms = decode<CmsHandle, &d2i_CMS_ContentInfo>(der);
    if (!cms) return opensslError(ErrorKind::InvalidInput, "not a CMS message");
    return cms;
}

std::size_t countSigners(CMS_ContentInfo* cms)
{
    STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms);
    return signers != nullptr ? static_cast<std::size_t>(sk_CMS_SignerInfo_num(signers)) : 0;
}

Result<CmsContent> readContent(CMS_ContentInfo* cms)
{
    clearOpensslErrors();
    ASN1_OCTET_STRING** content = CMS_get0_content(cms);
    if (content == nullptr || *content == nullptr) return refusal("no content enclosed");
    auto type = oidText(CMS_get0_eContentType(cms));
    if (type.empty()) return refusal("an unreadable content type");
    auto certificates = certificatesOf(cms);
    if (!certificates) return certificates.error();
    return CmsContent{
        std::move(type), bytesOf(*content), *std::move(certificates), countSigners(cms)};
}

// RFC 5652 5.3: the certificate that issuerAndSerialNumber names, among those enclosed.
Result<Certificate> findSigner(CMS_SignerInfo* signer, const std::vector<Certificate>& certificates)
{
    ASN1_OCTET_STRING* keyIdentifier = nullptr;
    X509_NAME* issuer = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (CMS_SignerInfo_get0_signer_id(signer, &keyIdentifier, &issuer, &serial) != 1 ||
        issuer == nullptr || serial == nullptr)
        return refusal("the signer is not named by issuer and serial number");
    const Certificate* found = nullptr;
    for (const auto& certificate : certificates) {
        if (CMS_SignerInfo_cert_cmp(signer, certificate.handle()) != 0) continue;
        if (found != nullptr && !(*found == certificate))
            return refusal("two certificates with the signer's issuer and serial number");
        found = &certificate;
    }
    if (found == nullptr) return refusal("the signer's certificate is not enclosed");
    return *found;
}

Status checkAlgorithm(CMS_SignerInfo* signer)
{
    X509_ALGOR* digest = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, nullptr);
    const ASN1_OBJECT* name = nullptr;
    X509_ALGOR_get0(&name, nullptr, nullptr, digest);
    switch (OBJ_obj2nid(name)) {
    case NID_sha256:
    case NID_sha384:
    case NID_sha512: return {};
    default: return refusal("signed with digest " + oidText(name) + "; SHA-2 is needed");
    }
}

// RFC 5652 11.1: OpenSSL checks messageDigest but not that contentType names what is enclosed.
Status checkAttributes(CMS_SignerInfo* signer, CMS_ContentInfo* cms)
{
    if (CMS_signed_get_attr_count(signer) < 0) return {}; // no signed attributes at all
    const auto* type = static_cast<const ASN1_OBJECT*>(
        CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT));
    if (type == nullptr || OBJ_cmp(type, CMS_get0_eContentType(cms)) != 0)
        return refusal("the signed attributes are of another content type");
    return {};
}

Status checkSignature(CMS_ContentInfo* cms, const Certificate& signer)
{
    clearOpensslErrors();
    const CertificatesHandle candidates(sk_X509_new_null());
    if (!candidates || X509_up_ref(signer.handle()) != 1)
        return opensslError(ErrorKind::Internal, "CMS");
    if (sk_X509_push(candidates.get(), signer.handle()) == 0) {
        X509_free(signer.handle());
        return opensslError(ErrorKind::Internal, "CMS");
    }
    // Only the certificate found above may verify; whether it is trusted is the caller's question.
    constexpr unsigned flags = CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOCRL | CMS_BINARY;
    const BioHandle out(BIO_new(BIO_s_null()));
    if (CMS_verify(cms, candidates.get(), nullptr, nullptr, out.get(), flags) != 1) {
        const auto error =
            opensslError(ErrorKind::PermissionDenied, "CMS: the signature does not verify");
        return error;
    }
    return {};
}

} // namespace

bool looksLikeSignedData(std::string_view der)
{
    // ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, ... }
    const unsigned char* in = octets(der);
    const auto left = [&] { return static_cast<long>(octets(der) + der.size() - in); };
    long size = 0;
    int tag = 0;
    int tagClass = 0;
    clearOpensslErrors();
    const auto header = [&](int expected) {
        return (ASN1_get_object(&in, &size, &tag, &tagClass, left()) & 0x80) == 0 &&
               tagClass == V_ASN1_UNIVERSAL && tag == expected;
    };
    const bool looks = header(V_ASN1_SEQUENCE) && header(V_ASN1_OBJECT) &&
                       std::string_view(reinterpret_cast<const char*>(in),
                           static_cast<std::size_t>(size)) == signedDataOid;
    clearOpensslErrors();
    return looks;
}

Result<CmsMessage> CmsMessage::fromDer(std::string_view der)
{
    auto cms = parse(der);
    if (!cms) return cms.error();
    auto content = readContent(cms->get());
    if (!content) return content.error();
    return CmsMessage(std::shared_ptr<CMS_ContentInfo>(*std::move(cms)), *std::move(content));
}

Result<Certificate> CmsMessage::verifySigner() const
{
    if (content_.signerCount != 1) {
        return refusal(
            "exactly one signer is expected, not " + std::to_string(content_.signerCount));
    }
    CMS_SignerInfo* info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(handle_.get()), 0);
    auto signer = findSigner(info, content_.certificates);
    if (!signer) return signer.error();
    if (const auto algorithm = checkAlgorithm(info); !algorithm) return algorithm.error();
    if (const auto attributes = checkAttributes(info, handle_.get()); !attributes)
        return attributes.error();
    if (const auto signature = checkSignature(handle_.get(), *signer); !signature)
        return signature.error();
    return signer;
}

Result<CmsContent> readCms(std::string_view der)
{
    const auto message = CmsMessage::fromDer(der);
    if (!message) return message.error();
    return message->content();
}

Result<VerifiedCms> verifyCms(std::string_view der)
{
    const auto message = CmsMessage::fromDer(der);
    if (!message) return message.error();
    auto signer = message->verifySigner();
    if (!signer) return signer.error();
    const auto& read = message->content();
    return VerifiedCms{read.contentType, read.content, read.certificates, *std::move(signer)};
}

} // namespace perennial::x509
