#include "shared/x509/cms.h"
#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <algorithm>

namespace perennial::x509 {

namespace {

Error failure() { return opensslError(ErrorKind::Internal, "making a CMS message"); }

Status checkSigner(const Certificate& signer, const PrivateKey& key)
{
    if (!key.matches(signer))
        return Error{
            ErrorKind::InvalidInput, "CMS: the key is not that of the signer's certificate"};
    if (signingDigest(key.handle()) == nullptr)
        return Error{ErrorKind::InvalidInput, "CMS: " + key.keyType() + " keys cannot sign it"};
    return {};
}

// Signed attributes as they are signed: a SET OF in the order of DER (RFC 5652 5.4).
Bytes attributesToSign(const CMS_SignerInfo* signer)
{
    std::vector<Bytes> attributes;
    std::size_t size = 0;
    for (int i = 0; i < CMS_signed_get_attr_count(signer); ++i) {
        attributes.push_back(encode<&i2d_X509_ATTRIBUTE>(CMS_signed_get_attr(signer, i)));
        size += attributes.back().size();
    }
    std::sort(attributes.begin(), attributes.end());
    Bytes set(
        static_cast<std::size_t>(ASN1_object_size(1, static_cast<int>(size), V_ASN1_SET)), '\0');
    auto* out = reinterpret_cast<unsigned char*>(set.data());
    ASN1_put_object(&out, 1, static_cast<int>(size), V_ASN1_SET, V_ASN1_UNIVERSAL);
    set.resize(set.size() - size);
    for (const auto& attribute : attributes)
        set += attribute;
    return set;
}

// OpenSSL adds a signingTime, from its own clock, to any signed attributes. A CMC response has
// none.
bool signAgainWithoutTime(CMS_SignerInfo* signer, EVP_PKEY* key)
{
    const int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
    if (at < 0) return false;
    const AttributeHandle time(CMS_signed_delete_attr(signer, at));
    const auto bytes = attributesToSign(signer);
    const DigestContextHandle context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context ||
        EVP_DigestSignInit(context.get(), nullptr, signingDigest(key), nullptr, key) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, octets(bytes), bytes.size()) != 1)
        return false;
    Bytes signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
            octets(bytes), bytes.size()) != 1)
        return false;
    return ASN1_STRING_set(CMS_SignerInfo_get0_signature(signer), signature.data(),
               static_cast<int>(size)) == 1;
}

// A SignedData over `content` by one signer, who is named by issuer and serial number.
Result<CmsHandle> makeSigned(const ASN1_OBJECT* contentType, std::string_view content,
    const Certificate& signer, const PrivateKey& key, unsigned attributeFlags,
    const std::vector<Certificate>& enclosed)
{
    clearOpensslErrors();
    constexpr unsigned flags = CMS_BINARY | CMS_PARTIAL;
    const BioHandle source(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
    CmsHandle cms(CMS_sign(nullptr, nullptr, nullptr, source.get(), flags));
    if (!source || !cms) return failure();
    if (contentType != nullptr && CMS_set1_eContentType(cms.get(), contentType) != 1)
        return failure();
    CMS_SignerInfo* info = CMS_add1_signer(cms.get(), signer.handle(), key.handle(),
        signingDigest(key.handle()), flags | CMS_NOSMIMECAP | CMS_NOCERTS | attributeFlags);
    if (info == nullptr) return failure();
    for (const auto& certificate : enclosed) {
        if (CMS_add1_cert(cms.get(), certificate.handle()) != 1) return failure();
    }
    if (CMS_final(cms.get(), source.get(), nullptr, flags) != 1) return failure();
    if (attributeFlags != CMS_NOATTR && !signAgainWithoutTime(info, key.handle())) return failure();
    return cms;
}

Result<Bytes> encoded(Result<CmsHandle> cms)
{
    if (!cms) return cms.error();
    auto der = encode<&i2d_CMS_ContentInfo>(cms->get());
    if (der.empty()) return failure();
    return der;
}

// Each once: OpenSSL refuses to enclose a certificate twice.
std::vector<Certificate> withSigner(
    const Certificate& signer, const std::vector<Certificate>& enclosed)
{
    std::vector<Certificate> all;
    for (const auto& certificate : enclosed) {
        if (std::find(all.begin(), all.end(), certificate) == all.end()) all.push_back(certificate);
    }
    if (std::find(all.begin(), all.end(), signer) == all.end()) all.push_back(signer);
    return all;
}

} // namespace

Result<Bytes> signData(std::string_view content, const Certificate& signer, const PrivateKey& key)
{
    if (const auto checked = checkSigner(signer, key); !checked) return checked.error();
    return encoded(makeSigned(nullptr, content, signer, key, CMS_NOATTR, {signer}));
}

Result<Bytes> signContent(std::string_view contentTypeOid, std::string_view content,
    const Certificate& signer, const PrivateKey& key, const std::vector<Certificate>& enclosed)
{
    if (const auto checked = checkSigner(signer, key); !checked) return checked.error();
    const auto type = objectFromOid(std::string(contentTypeOid));
    if (!type) return Error{ErrorKind::InvalidInput, "CMS: the content type is not an OID"};
    return encoded(makeSigned(type.get(), content, signer, key, 0, withSigner(signer, enclosed)));
}

} // namespace perennial::x509
