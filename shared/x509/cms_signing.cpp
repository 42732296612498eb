#include "shared/x509/cmc.h"
#include "shared/x509/cms.h"
#include "shared/x509/cms_attributes.h"
#include "shared/x509/cms_structures.h"
#include "shared/x509/der.h"
#include "shared/x509/digest.h"
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

struct Signer {
    X509* certificate;
    EVP_PKEY* key;
    unsigned flags = 0;
};

bool sign(CMS_SignerInfo* signer, EVP_PKEY* key)
{
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

// CMS_final() would add a signingTime, from its own clock, to any signed attributes. A CMC response
// has none.
bool finishWithoutTime(
    CMS_ContentInfo* cms, std::string_view content, const std::vector<Signer>& signers)
{
    const BioHandle begun(CMS_dataInit(cms, nullptr)); // says which version the message is
    ASN1_OCTET_STRING** enclosed = CMS_get0_content(cms);
    if (!begun || enclosed == nullptr || *enclosed == nullptr ||
        ASN1_STRING_set(*enclosed, content.data(), static_cast<int>(content.size())) != 1)
        return false;
    (*enclosed)->flags &= ~ASN1_STRING_FLAG_CONT; // it is all there
    for (std::size_t at = 0; at < signers.size(); ++at) {
        CMS_SignerInfo* info =
            sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), static_cast<int>(at));
        const auto hash = digest(signingDigest(signers[at].key), content);
        if (CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING,
                hash.data(), static_cast<int>(hash.size())) != 1 ||
            CMS_signed_add1_attr_by_NID(
                info, NID_pkcs9_contentType, V_ASN1_OBJECT, CMS_get0_eContentType(cms), -1) != 1 ||
            !sign(info, signers[at].key))
            return false;
    }
    return true;
}

// A SignedData over `content`. Signers are named by issuer and serial number unless flags say not;
// all of them sign attributes, or none.
enum class Attributes { Signed, None };
Result<CmsHandle> makeSigned(const ASN1_OBJECT* contentType, std::string_view content,
    const std::vector<Signer>& signers, const std::vector<Certificate>& enclosed,
    Attributes attributes)
{
    clearOpensslErrors();
    const bool attributesSigned = attributes == Attributes::Signed;
    const unsigned flags = CMS_BINARY | CMS_PARTIAL | (attributesSigned ? 0U : CMS_NOATTR);
    const BioHandle source(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
    CmsHandle cms(CMS_sign(nullptr, nullptr, nullptr, source.get(), flags));
    if (!source || !cms) return failure();
    if (contentType != nullptr && CMS_set1_eContentType(cms.get(), contentType) != 1)
        return failure();
    for (const Signer& signer : signers) {
        if (CMS_add1_signer(cms.get(), signer.certificate, signer.key, signingDigest(signer.key),
                flags | CMS_NOSMIMECAP | CMS_NOCERTS | signer.flags) == nullptr)
            return failure();
    }
    for (const auto& certificate : enclosed) {
        if (CMS_add1_cert(cms.get(), certificate.handle()) != 1) return failure();
    }
    const bool finished = attributesSigned
                              ? finishWithoutTime(cms.get(), content, signers)
                              : CMS_final(cms.get(), source.get(), nullptr, flags) == 1;
    if (!finished) return failure();
    return cms;
}

Result<Bytes> encoded(Result<CmsHandle> cms)
{
    if (!cms) return cms.error();
    auto der = encode<&i2d_CMS_ContentInfo>(cms->get());
    if (der.empty()) return failure();
    return der;
}

// The message with certificates, which go in as they are: OpenSSL would encode each ten times over,
// for it measures every structure at each level above it.
Result<Bytes> withCertificates(const Result<Bytes>& message, const std::vector<Certificate>& enclosed)
{
    if (!message) return message;
    const auto parts = decodeStructure<SignedMessageParts>(*message);
    SequenceHandle list(sk_ASN1_TYPE_new_null());
    for (const auto& certificate : enclosed) {
        auto any = decode<AnyHandle, &d2i_ASN1_TYPE>(certificate.toDer());
        if (!list || !any || sk_ASN1_TYPE_push(list.get(), any.get()) == 0) return failure();
        static_cast<void>(any.release());
    }
    if (!parts || parts->signedData->certificates != nullptr) return failure();
    parts->signedData->certificates = list.release();
    auto der = encodeStructure(parts.get());
    if (der.empty()) return failure();
    return der;
}

// Each once.
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

// OpenSSL takes a signer's key identifier from a certificate: one for nobody, which goes nowhere.
X509Handle keyHolder(EVP_PKEY* key)
{
    X509Handle holder(X509_new());
    if (!holder || signingDigest(key) == nullptr || X509_set_version(holder.get(), 2) != 1 ||
        X509_set_pubkey(holder.get(), key) != 1)
        return {};
    const StringHandle identifier(ASN1_OCTET_STRING_new());
    const Bytes bytes = keyIdentifier(X509_get_X509_PUBKEY(holder.get()));
    if (!identifier ||
        ASN1_STRING_set(identifier.get(), bytes.data(), static_cast<int>(bytes.size())) != 1 ||
        X509_add1_ext_i2d(holder.get(), NID_subject_key_identifier, identifier.get(), 0, 0) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(holder.get()), 0) == nullptr ||
        X509_gmtime_adj(X509_getm_notAfter(holder.get()), 0) == nullptr ||
        X509_sign(holder.get(), key, signingDigest(key)) == 0)
        return {};
    return holder;
}

} // namespace

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

Result<Bytes> signData(std::string_view content, const Certificate& signer, const PrivateKey& key)
{
    if (const auto checked = checkSigner(signer, key); !checked) return checked.error();
    return encoded(makeSigned(
        nullptr, content, {{signer.handle(), key.handle()}}, {signer}, Attributes::None));
}

Result<Bytes> signContent(std::string_view contentTypeOid, std::string_view content,
    const Certificate& signer, const PrivateKey& key, const std::vector<Certificate>& enclosed)
{
    if (const auto checked = checkSigner(signer, key); !checked) return checked.error();
    const auto type = objectFromOid(contentTypeOid);
    if (!type) return Error{ErrorKind::InvalidInput, "CMS: the content type is not an OID"};
    return withCertificates(encoded(makeSigned(type.get(), content,
                                {{signer.handle(), key.handle()}}, {}, Attributes::Signed)),
        withSigner(signer, enclosed));
}

Result<Bytes> signCmcRequest(std::string_view pkiData, const PrivateKey& requestKey,
    const std::optional<RenewalSigner>& renewalSigner)
{
    clearOpensslErrors();
    const auto holder = keyHolder(requestKey.handle());
    if (!holder) return failure();
    std::vector<Signer> signers{{holder.get(), requestKey.handle(), CMS_USE_KEYID}};
    std::vector<Certificate> enclosed;
    if (renewalSigner) {
        const auto checked = checkSigner(renewalSigner->certificate, renewalSigner->key);
        if (!checked) return checked.error();
        signers.push_back({renewalSigner->certificate.handle(), renewalSigner->key.handle()});
        enclosed.push_back(renewalSigner->certificate);
    }
    const auto type = objectFromOid(oid::cmcPkiData);
    return encoded(makeSigned(type.get(), pkiData, signers, enclosed, Attributes::Signed));
}

Result<Bytes> enclose(const std::vector<Certificate>& certificates)
{
    clearOpensslErrors();
    const Pkcs7Handle message(PKCS7_new());
    if (!message || PKCS7_set_type(message.get(), NID_pkcs7_signed) != 1 ||
        PKCS7_content_new(message.get(), NID_pkcs7_data) != 1 ||
        PKCS7_set_detached(message.get(), 1) != 1)
        return failure();
    for (const auto& certificate : certificates) {
        if (PKCS7_add_certificate(message.get(), certificate.handle()) != 1) return failure();
    }
    auto der = encode<&i2d_PKCS7>(message.get());
    if (der.empty()) return failure();
    return der;
}

} // namespace perennial::x509
