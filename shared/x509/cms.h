#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"
#include "shared/x509/request_attributes.h"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

struct CMS_ContentInfo_st;

namespace perennial::x509 {

// A CMS SignedData (RFC 5652) that was parsed, its signer found among its certificates and its
// signature checked with that certificate's key. Nothing is said about trust: that is for the
// caller.
struct VerifiedCms {
    std::string contentType; // OID
    Bytes content;
    std::vector<Certificate> certificates;
    Certificate signer;
};

bool looksLikeSignedData(std::string_view der); // told from the DER: ContentInfo with signedData
// Signs `content` as id-data: SignedData v1, the certificate enclosed, issuerAndSerialNumber, no
// signed attributes, as Microsoft's PKCS#7 renewals are.
Result<Bytes> signData(std::string_view content, const Certificate& signer, const PrivateKey& key);
// As a CMC response is signed: v3, the given content type, contentType and messageDigest
// attributes.
Result<Bytes> signContent(std::string_view contentTypeOid, std::string_view content,
    const Certificate& signer, const PrivateKey& key, const std::vector<Certificate>& enclosed);
// Certificates and nothing else (RFC 5652 5.1, "degenerate"): a SignedData v1 without content and
// signers, as .p7b files are. In DER's order of a SET.
Result<Bytes> enclose(const std::vector<Certificate>& certificates);
// What lies in a .p7b file, or comes along in any SignedData: at most 1000, in the file's order.
Result<std::vector<Certificate>> enclosedCertificates(std::string_view der);
// A message's content, without checking a signature (a response's certificates are judged one by
// one).
struct CmsContent {
    std::string contentType;
    Bytes content;
    std::vector<Certificate> certificates;
    std::size_t signerCount = 0; // SignerInfos in the message
};

// What a SignerInfo says of itself; nothing is checked.
struct CmsSigner {
    std::optional<Bytes> keyIdentifier; // unset: named by issuer and serial number
    bool signs = true;                  // false: RFC 5272's id-alg-noSignature, a bare hash
    std::vector<AttributeValues> signedAttributes;
    std::vector<std::string> unsignedAttributes; // OIDs
};

// A SignedData, parsed once. DER or CMS's BER; InvalidInput when it is none.
class CmsMessage {
public:
    // Enclosed certificates that are among `known`, byte for byte, are not decoded once more. They
    // must have been read by Certificate's own strict functions.
    static Result<CmsMessage> fromDer(
        std::string_view der, const std::vector<Certificate>& known = {});

    const CmsContent& content() const { return content_; }
    // With and without signed attributes. Exactly one signer, issuerAndSerialNumber, SHA-2.
    // PermissionDenied when the signature is wrong, InvalidInput when the message is.
    Result<Certificate> verifySigner() const;

    // For messages with several signers, by their place in the message; errors as above.
    std::vector<CmsSigner> signers() const;
    Result<Certificate> verifySigner(std::size_t at) const;
    // The signature was made by this key, whatever the signer is named by.
    Status verifyByKey(std::size_t at, std::string_view publicKeyDer) const;
    // The hash in place of a signature is right. It proves nothing about the sender.
    Status verifyNoSignature(std::size_t at) const;

private:
    CmsMessage(std::shared_ptr<CMS_ContentInfo_st> handle, CmsContent content)
        : handle_(std::move(handle)), content_(std::move(content))
    {
    }

    std::shared_ptr<CMS_ContentInfo_st> handle_;
    CmsContent content_;
};

// As a CMC full request is signed (MS-WCCE 3.1.1.4.3.1.3): v3, contentType and messageDigest
// attributes, by the request's own key under its SHA-1 identifier and, for a renewal, by the old
// certificate as well, which is enclosed.
struct RenewalSigner {
    const Certificate& certificate;
    const PrivateKey& key;
};
Result<Bytes> signCmcRequest(std::string_view pkiData, const PrivateKey& requestKey,
    const std::optional<RenewalSigner>& renewalSigner = std::nullopt);

Result<CmsContent> readCms(std::string_view der);
Result<VerifiedCms> verifyCms(std::string_view der);

} // namespace perennial::x509
