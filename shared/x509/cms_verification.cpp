#include "shared/x509/cms.h"
#include "shared/x509/cms_attributes.h"
#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <array>
#include <openssl/objects.h>

// Whose signature is on a SignedData, and whether it is right.
namespace perennial::x509 {

namespace {

constexpr std::string_view noSignatureOid = "1.3.6.1.5.5.7.6.2"; // RFC 5272 4.2

Error refusal(const std::string& what) { return Error{ErrorKind::InvalidInput, "CMS: " + what}; }
Error wrong(const std::string& what) { return {ErrorKind::PermissionDenied, "CMS: " + what}; }

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

// The content passes through the digests that the message names.
BioHandle digestedContent(CMS_ContentInfo* cms)
{
    BioHandle chain(CMS_dataInit(cms, nullptr));
    std::array<char, 4096> buffer{};
    while (chain && BIO_read(chain.get(), buffer.data(), static_cast<int>(buffer.size())) > 0) {}
    return chain;
}

// `signer` is what OpenSSL takes the key from; whether it is trusted is the caller's question.
Status checkSignature(CMS_ContentInfo* cms, CMS_SignerInfo* info, X509* signer)
{
    if (const auto algorithm = checkAlgorithm(info); !algorithm) return algorithm.error();
    if (const auto attributes = checkAttributes(info, cms); !attributes) return attributes.error();
    clearOpensslErrors();
    CMS_SignerInfo_set1_signer_cert(info, signer);
    const bool attributesSigned =
        CMS_signed_get_attr_count(info) < 0 || CMS_SignerInfo_verify(info) == 1;
    const BioHandle chain = digestedContent(cms);
    if (!attributesSigned || !chain || CMS_SignerInfo_verify_content(info, chain.get()) != 1)
        return opensslError(ErrorKind::PermissionDenied, "CMS: the signature does not verify");
    return {};
}

bool hasNoSignature(CMS_SignerInfo* info)
{
    X509_ALGOR* algorithm = nullptr;
    CMS_SignerInfo_get0_algs(info, nullptr, nullptr, nullptr, &algorithm);
    const ASN1_OBJECT* name = nullptr;
    X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
    return oidText(name) == noSignatureOid;
}

CmsSigner describe(CMS_SignerInfo* info)
{
    CmsSigner signer;
    ASN1_OCTET_STRING* identifier = nullptr;
    CMS_SignerInfo_get0_signer_id(info, &identifier, nullptr, nullptr);
    if (identifier != nullptr) signer.keyIdentifier = bytesOf(identifier);
    signer.signs = !hasNoSignature(info);
    for (int i = 0; i < CMS_signed_get_attr_count(info); ++i)
        signer.signedAttributes.push_back(attributeValuesOf(CMS_signed_get_attr(info, i)));
    for (int i = 0; i < CMS_unsigned_get_attr_count(info); ++i)
        signer.unsignedAttributes.push_back(
            oidText(X509_ATTRIBUTE_get0_object(CMS_unsigned_get_attr(info, i))));
    return signer;
}

CMS_SignerInfo* signerAt(CMS_ContentInfo* cms, std::size_t at)
{
    return sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), static_cast<int>(at));
}

} // namespace

std::vector<CmsSigner> CmsMessage::signers() const
{
    std::vector<CmsSigner> all;
    for (std::size_t at = 0; at < content_.signerCount; ++at)
        all.push_back(describe(signerAt(handle_.get(), at)));
    return all;
}

Result<Certificate> CmsMessage::verifySigner() const
{
    if (content_.signerCount != 1) {
        return refusal(
            "exactly one signer is expected, not " + std::to_string(content_.signerCount));
    }
    return verifySigner(0);
}

Result<Certificate> CmsMessage::verifySigner(std::size_t at) const
{
    CMS_SignerInfo* info = signerAt(handle_.get(), at);
    auto signer = findSigner(info, content_.certificates);
    if (!signer) return signer.error();
    const auto checked = checkSignature(handle_.get(), info, signer->handle());
    if (!checked) return checked.error();
    return signer;
}

Status CmsMessage::verifyByKey(std::size_t at, std::string_view publicKeyDer) const
{
    clearOpensslErrors();
    const auto key = decode<PublicKeyInfoHandle, &d2i_X509_PUBKEY>(publicKeyDer);
    // OpenSSL wants a certificate to take the key from: one that says nothing else.
    const X509Handle holder(X509_new());
    if (!key || !holder || X509_PUBKEY_get0(key.get()) == nullptr ||
        X509_set_pubkey(holder.get(), X509_PUBKEY_get0(key.get())) != 1)
        return opensslError(ErrorKind::InvalidInput, "CMS: the signer's key cannot be read");
    return checkSignature(handle_.get(), signerAt(handle_.get(), at), holder.get());
}

Status CmsMessage::verifyNoSignature(std::size_t at) const
{
    CMS_SignerInfo* info = signerAt(handle_.get(), at);
    if (!hasNoSignature(info)) return refusal("a signature where none is expected");
    if (const auto algorithm = checkAlgorithm(info); !algorithm) return algorithm.error();
    if (const auto attributes = checkAttributes(info, handle_.get()); !attributes)
        return attributes.error();
    X509_ALGOR* algorithm = nullptr;
    CMS_SignerInfo_get0_algs(info, nullptr, nullptr, &algorithm, nullptr);
    const ASN1_OBJECT* name = nullptr;
    X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
    const EVP_MD* hash = digestNamed(name);
    Bytes hashed = content_.content;
    if (CMS_signed_get_attr_count(info) >= 0) {
        const auto* stated = static_cast<const ASN1_OCTET_STRING*>(CMS_signed_get0_data_by_OBJ(
            info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING));
        if (stated == nullptr || bytesOf(stated) != digest(hash, content_.content))
            return wrong("the message digest is another content's");
        hashed = attributesToSign(info);
    }
    if (bytesOf(CMS_SignerInfo_get0_signature(info)) != digest(hash, hashed))
        return wrong("the hash in place of a signature is wrong");
    return {};
}

} // namespace perennial::x509
