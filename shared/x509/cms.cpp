#include "shared/x509/cms.h"

#include "shared/x509/cms_structures.h"
#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"

#include <algorithm>
#include <openssl/objects.h>
#include <optional>
#include <utility>

namespace perennial::x509 {

namespace {

constexpr std::size_t sizeLimit = 512U << 10U; // a request or a response, not a document
constexpr int certificateLimit = 50;
constexpr int bundleLimit = 1000;
constexpr std::string_view signedDataOid = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"; // pkcs7 2

Error refusal(const std::string& what) { return Error{ErrorKind::InvalidInput, "CMS: " + what}; }

Result<std::vector<Certificate>> certificatesOf(CMS_ContentInfo* cms, int limit = certificateLimit)
{
    const CertificatesHandle list(CMS_get1_certs(cms));
    const int count = list ? sk_X509_num(list.get()) : 0;
    if (count > limit) return refusal("more than " + std::to_string(limit) + " certificates");
    std::vector<Certificate> certificates;
    for (int i = 0; i < count; ++i) {
        auto certificate = Certificate::fromParsed(sk_X509_value(list.get(), i));
        if (!certificate) return certificate.error().in("CMS");
        certificates.push_back(*std::move(certificate));
    }
    return certificates;
}

Status check(std::string_view der)
{
    if (der.size() > sizeLimit) return refusal("over " + std::to_string(sizeLimit) + " bytes");
    if (const auto structure = checkStructure(der, Encoding::Ber); !structure)
        return refusal(structure.error().message);
    // Other content types (enveloped, authenticated) are never decoded: nothing here decrypts.
    if (!looksLikeSignedData(der)) return refusal("not a SignedData");
    return {};
}

Result<CmsHandle> parse(std::string_view der)
{
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

// Each of the certificates, as it is known already where it is; nothing when one cannot be read.
std::optional<std::vector<Certificate>> findAll(
    const STACK_OF(ASN1_TYPE) * enclosed, const std::vector<Certificate>& known)
{
    std::vector<Certificate> found;
    if (sk_ASN1_TYPE_num(enclosed) > certificateLimit) return std::nullopt;
    for (int i = 0; i < sk_ASN1_TYPE_num(enclosed); ++i) {
        const auto der = encode<&i2d_ASN1_TYPE>(sk_ASN1_TYPE_value(enclosed, i));
        const auto same = std::find_if(known.begin(), known.end(),
            [&](const Certificate& certificate) { return certificate.toDer() == der; });
        auto certificate = same == known.end() ? Certificate::fromDer(der) : Result(*same);
        if (!certificate) return std::nullopt;
        found.push_back(*std::move(certificate));
    }
    return found;
}

// OpenSSL decodes certificates with the message, public keys and all. They are taken out before,
// for those that are known need no decoding; the rest of the message stays byte for byte as it was
// signed.
struct Parsed {
    CmsHandle message;
    std::optional<std::vector<Certificate>> certificates = {}; // unset: in the message
};
std::optional<Parsed> parseWithout(const std::vector<Certificate>& known, std::string_view der)
{
    clearOpensslErrors();
    const auto parts = decodeStructure<SignedMessageParts>(der);
    auto* inner = parts ? parts->signedData : nullptr;
    if (inner == nullptr || sk_ASN1_TYPE_num(inner->certificates) < 1) return std::nullopt;
    auto certificates = findAll(inner->certificates, known);
    if (!certificates) return std::nullopt;
    const SequenceHandle taken(std::exchange(inner->certificates, nullptr));
    auto message = parse(encodeStructure(parts.get()));
    if (!message) return std::nullopt;
    return Parsed{*std::move(message), *std::move(certificates)};
}

Result<Parsed> parseWith(const std::vector<Certificate>& known, std::string_view der)
{
    if (const auto checked = check(der); !checked) return checked.error();
    if (!known.empty()) {
        if (auto parsed = parseWithout(known, der)) return *std::move(parsed);
    }
    auto message = parse(der);
    if (!message) return message.error();
    return Parsed{*std::move(message)};
}

Result<CmsContent> readContent(Parsed& parsed)
{
    auto* cms = parsed.message.get();
    clearOpensslErrors();
    ASN1_OCTET_STRING** content = CMS_get0_content(cms);
    if (content == nullptr || *content == nullptr) return refusal("no content enclosed");
    auto type = oidText(CMS_get0_eContentType(cms));
    if (type.empty()) return refusal("an unreadable content type");
    auto certificates =
        parsed.certificates ? Result(*std::move(parsed.certificates)) : certificatesOf(cms);
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

Result<std::vector<Certificate>> enclosedCertificates(std::string_view der)
{
    const auto cms = parse(der);
    if (!cms) return cms.error();
    return certificatesOf(cms->get(), bundleLimit);
}

Result<CmsMessage> CmsMessage::fromDer(std::string_view der, const std::vector<Certificate>& known)
{
    auto parsed = parseWith(known, der);
    if (!parsed) return parsed.error();
    auto content = readContent(*parsed);
    if (!content) return content.error();
    return CmsMessage(
        std::shared_ptr<CMS_ContentInfo>(std::move(parsed->message)), *std::move(content));
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
