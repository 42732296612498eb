#include "shared/x509/authority.h"

#include "shared/base/random.h"
#include "shared/x509/certificate_structures.h"
#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/extensions.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <algorithm>

namespace perennial::x509 {

namespace {

constexpr std::size_t serialSize = 16;

using ConstraintsHandle = std::unique_ptr<BASIC_CONSTRAINTS, FreeWith<&BASIC_CONSTRAINTS_free>>;
using KeyIdentifierHandle = std::unique_ptr<AUTHORITY_KEYID, FreeWith<&AUTHORITY_KEYID_free>>;

Error failure() { return opensslError(ErrorKind::Internal, "issuing a certificate"); }
Error refusal(const std::string& what)
{
    return Error{ErrorKind::InvalidInput, "issuing a certificate: " + what};
}

StringHandle octetString(std::string_view bytes)
{
    StringHandle string(ASN1_OCTET_STRING_new());
    if (string &&
        ASN1_OCTET_STRING_set(string.get(), octets(bytes), static_cast<int>(bytes.size())) != 1)
        string.reset();
    return string;
}

Extension subjectKeyIdentifier(std::string_view identifier)
{
    return {std::string(oid::subjectKeyIdentifier), false,
        encode<&i2d_ASN1_OCTET_STRING>(octetString(identifier).get())};
}

// The issuer's own identifier where it has one: it need not be the SHA-1 (RFC 5280 4.2.1.1).
Extension authorityKeyIdentifier(const Certificate& issuer)
{
    const ASN1_OCTET_STRING* own = X509_get0_subject_key_id(issuer.handle());
    const auto bytes =
        own != nullptr ? bytesOf(own) : keyIdentifier(X509_get_X509_PUBKEY(issuer.handle()));
    const KeyIdentifierHandle identifier(AUTHORITY_KEYID_new());
    identifier->keyid = octetString(bytes).release();
    return {std::string(oid::authorityKeyIdentifier), false,
        encode<&i2d_AUTHORITY_KEYID>(identifier.get())};
}

Extension authorityConstraints(int pathLength)
{
    const ConstraintsHandle constraints(BASIC_CONSTRAINTS_new());
    constraints->ca = 0xFF;
    if (pathLength >= 0) {
        constraints->pathlen = ASN1_INTEGER_new();
        ASN1_INTEGER_set(constraints->pathlen, pathLength);
    }
    return {std::string(oid::basicConstraints), true,
        encode<&i2d_BASIC_CONSTRAINTS>(constraints.get())};
}

bool setSerial(ASN1_INTEGER* serial)
{
    auto bytes = randomBytes(serialSize);
    // Positive and always of 16 bytes: 126 random bits (RFC 5280 4.1.2.2 wants at most 20 bytes).
    const auto first = static_cast<unsigned char>(bytes[0]);
    bytes[0] = static_cast<char>((first & 0x3FU) | 0x40U);
    return ASN1_STRING_set(serial, bytes.data(), static_cast<int>(bytes.size())) == 1;
}

bool setTimes(X509_VAL& validity, TimePoint notBefore, TimePoint notAfter)
{
    // UTCTime until 2049, GeneralizedTime after: ASN1_TIME_set knows (RFC 5280 4.1.2.5).
    return ASN1_TIME_set(validity.notBefore, notBefore.time_since_epoch().count()) != nullptr &&
           ASN1_TIME_set(validity.notAfter, notAfter.time_since_epoch().count()) != nullptr;
}

bool setDer(ASN1_TYPE*& part, std::string_view der)
{
    auto any = decode<AnyHandle, &d2i_ASN1_TYPE>(der);
    if (!any) return false;
    ASN1_TYPE_free(part);
    part = any.release();
    return true;
}

Status addExtensions(TbsCertificate& content, const std::vector<Extension>& extensions)
{
    content.extensions = sk_X509_EXTENSION_new_null();
    for (const auto& extension : extensions) {
        auto handle = toHandle(extension);
        if (!handle) return handle.error();
        if (sk_X509_EXTENSION_push(content.extensions, handle->get()) == 0) return failure();
        static_cast<void>(handle->release());
    }
    return {};
}

struct Issue {
    Bytes subjectDer;
    Bytes issuerDer;
    const PublicKeyInfo& publicKey;
    TimePoint notBefore;
    TimePoint notAfter;
    std::vector<Extension> extensions;
};

// Named curves, RSA's NULL, and the keys that have none; nothing else is a key we certify.
bool hasPlainParameters(const PublicKeyInfo& info)
{
    int type = V_ASN1_UNDEF;
    X509_ALGOR_get0(nullptr, &type, nullptr, info.algorithm);
    return type == V_ASN1_OBJECT || type == V_ASN1_NULL || type == V_ASN1_UNDEF;
}

Result<Bytes> signedDer(SignedCertificate& certificate, const PrivateKey& key)
{
    auto& content = *certificate.content;
    if (ASN1_item_sign(itemOf<TbsCertificate>(), content.signatureAlgorithm,
            certificate.signatureAlgorithm, certificate.signature, &content, key.handle(),
            signingDigest(key.handle())) <= 0)
        return failure();
    auto der = encodeStructure(&certificate);
    if (der.empty()) return failure();
    return der;
}

Result<Certificate> sign(const Issue& issue, const PrivateKey& key)
{
    clearOpensslErrors();
    if (!decode<NameHandle, &d2i_X509_NAME>(issue.subjectDer))
        return opensslError(ErrorKind::InvalidInput, "the subject is not a name");
    if (issue.notAfter <= issue.notBefore) return refusal("it would expire before it begins");
    const auto made = newStructure<SignedCertificate>();
    if (!made) return failure();
    auto& content = *made->content;
    if (ASN1_INTEGER_set(content.version, X509_VERSION_3) != 1 || !setSerial(content.serial) ||
        !setDer(content.issuer, issue.issuerDer) || !setDer(content.subject, issue.subjectDer) ||
        !hasPlainParameters(issue.publicKey) ||
        !setDer(content.publicKey, encodeStructure(&issue.publicKey)) ||
        !setTimes(*content.validity, issue.notBefore, issue.notAfter))
        return failure();
    if (const auto added = addExtensions(content, issue.extensions); !added) return added.error();
    const auto der = signedDer(*made, key);
    if (!der) return der.error();
    // Nothing leaves that our own strict reading would refuse; the key is looked at there too.
    return Certificate::fromDer(*der);
}

bool has(const std::vector<Extension>& extensions, std::string_view oid)
{
    return std::any_of(extensions.begin(), extensions.end(),
        [&](const Extension& extension) { return extension.oid == oid; });
}

Result<Certificate> issueBelow(
    CertificateContent content, const Certificate& authority, const PrivateKey& authorityKey)
{
    if (!authority.isAuthority()) return refusal("the issuer is not an authority");
    if (!authorityKey.matches(authority)) return refusal("the key is not the authority's");
    if (has(content.extensions, oid::subjectKeyIdentifier) ||
        has(content.extensions, oid::authorityKeyIdentifier))
        return refusal("key identifiers are the authority's to add");
    clearOpensslErrors();
    const auto info = decodeStructure<PublicKeyInfo>(content.publicKeyDer);
    if (!info) return opensslError(ErrorKind::InvalidInput, "the public key is unreadable");
    content.extensions.push_back(subjectKeyIdentifier(keyIdentifier(*info)));
    content.extensions.push_back(authorityKeyIdentifier(authority));
    return sign(
        {std::move(content.subjectDer), authority.subjectDer(), *info, content.notBefore,
            std::min(content.notAfter, authority.notAfter()), std::move(content.extensions)},
        authorityKey);
}

Result<std::vector<Extension>> authorityExtensions(int pathLength)
{
    auto usage = keyUsageExtension({"digitalSignature", "keyCertSign", "cRLSign"});
    if (!usage) return usage.error();
    return std::vector<Extension>{authorityConstraints(pathLength), *std::move(usage)};
}

Result<CertificateContent> contentOf(const AuthorityContent& content, const PrivateKey& key)
{
    auto extensions = authorityExtensions(content.pathLength);
    if (!extensions) return extensions.error();
    extensions->insert(
        extensions->end(), content.furtherExtensions.begin(), content.furtherExtensions.end());
    if (content.commonName.empty()) return refusal("an authority needs a name");
    auto subject = subjectDerFromText(content.commonName);
    if (!subject) return subject.error();
    return CertificateContent{*std::move(subject), key.publicKeyDer(), content.notBefore,
        content.notAfter, *std::move(extensions)};
}

} // namespace

Result<Certificate> issueCertificate(
    const CertificateContent& content, const Certificate& authority, const PrivateKey& authorityKey)
{
    // Authorities are made by makeIntermediate() and nowhere else.
    for (const auto& extension : content.extensions) {
        if (extension.oid != oid::basicConstraints) continue;
        const auto constraints = decode<ConstraintsHandle, &d2i_BASIC_CONSTRAINTS>(extension.value);
        if (!constraints || constraints->ca != 0)
            return refusal("an end entity's certificate cannot be an authority's");
    }
    return issueBelow(content, authority, authorityKey);
}

Result<Certificate> makeRoot(const AuthorityContent& content, const PrivateKey& key)
{
    auto made = contentOf(content, key);
    if (!made) return made.error();
    clearOpensslErrors();
    const auto info = decodeStructure<PublicKeyInfo>(made->publicKeyDer);
    if (!info) return failure();
    made->extensions.push_back(subjectKeyIdentifier(keyIdentifier(*info)));
    return sign({made->subjectDer, made->subjectDer, *info, made->notBefore, made->notAfter,
                    made->extensions},
        key);
}

Result<Certificate> makeIntermediate(const AuthorityContent& content, const PrivateKey& key,
    const Certificate& root, const PrivateKey& rootKey)
{
    auto made = contentOf(content, key);
    if (!made) return made.error();
    return issueBelow(*std::move(made), root, rootKey);
}

} // namespace perennial::x509
