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
