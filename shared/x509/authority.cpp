#include "shared/x509/authority.h"

#include "shared/base/random.h"
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
using TimeHandle = std::unique_ptr<ASN1_TIME, FreeWith<&ASN1_TIME_free>>;

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

bool setSerial(X509* certificate)
{
    auto bytes = randomBytes(serialSize);
    // Positive and always of 16 bytes: 126 random bits (RFC 5280 4.1.2.2 wants at most 20 bytes).
    const auto first = static_cast<unsigned char>(bytes[0]);
    bytes[0] = static_cast<char>((first & 0x3FU) | 0x40U);
    ASN1_INTEGER* serial = X509_get_serialNumber(certificate);
    return ASN1_STRING_set(serial, bytes.data(), static_cast<int>(bytes.size())) == 1;
}

bool setTimes(X509* certificate, TimePoint notBefore, TimePoint notAfter)
{
    // UTCTime until 2049, GeneralizedTime after: ASN1_TIME_set knows (RFC 5280 4.1.2.5).
    const TimeHandle from(ASN1_TIME_set(nullptr, notBefore.time_since_epoch().count()));
    const TimeHandle to(ASN1_TIME_set(nullptr, notAfter.time_since_epoch().count()));
    return from && to && X509_set1_notBefore(certificate, from.get()) == 1 &&
           X509_set1_notAfter(certificate, to.get()) == 1;
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

// Byte for byte as it came, and decoded; false when OpenSSL would write it in another way.
bool setDecodedKey(X509* certificate, const PublicKeyInfo& info, EVP_PKEY* key)
{
    return key != nullptr && X509_set_pubkey(certificate, key) == 1 &&
           encode<&i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(certificate)) == encodeStructure(&info);
}

bool setPublicKey(X509* certificate, const PublicKeyInfo& info)
{
    const ASN1_OBJECT* name = nullptr;
    const void* parameter = nullptr;
    int type = V_ASN1_UNDEF;
    X509_ALGOR_get0(&name, &type, &parameter, info.algorithm);
    const int size = info.bits->length;
    auto* copy = static_cast<unsigned char*>(
        OPENSSL_memdup(info.bits->data, static_cast<std::size_t>(size)));
    void* curve =
        type == V_ASN1_OBJECT ? OBJ_dup(static_cast<const ASN1_OBJECT*>(parameter)) : nullptr;
    if (copy != nullptr && X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_dup(name),
                               type, curve, copy, size) == 1)
        return true;
    OPENSSL_free(copy);
    ASN1_OBJECT_free(static_cast<ASN1_OBJECT*>(curve));
    return false;
}

Result<Certificate> sign(const Issue& issue, const PrivateKey& key)
{
    clearOpensslErrors();
    const X509Handle made(X509_new());
    const auto subject = decode<NameHandle, &d2i_X509_NAME>(issue.subjectDer);
    if (!subject) return opensslError(ErrorKind::InvalidInput, "the subject is not a name");
    const auto issuer = decode<NameHandle, &d2i_X509_NAME>(issue.issuerDer);
    const auto subjectKey = readPublicKey(issue.publicKey, KeyUse::Certify);
    const auto* algorithm = issue.publicKey.algorithm->algorithm;
    if (const auto checked = checkPublicKey(subjectKey.get(), algorithm); !checked)
        return checked.error();
    if (issue.notAfter <= issue.notBefore) return refusal("it would expire before it begins");
    const bool decoded = made && setDecodedKey(made.get(), issue.publicKey, subjectKey.get());
    if (!made || !issuer || X509_set_version(made.get(), X509_VERSION_3) != 1 ||
        !setSerial(made.get()) || X509_set_issuer_name(made.get(), issuer.get()) != 1 ||
        X509_set_subject_name(made.get(), subject.get()) != 1 ||
        !hasPlainParameters(issue.publicKey) ||
        !(decoded || setPublicKey(made.get(), issue.publicKey)) ||
        !setTimes(made.get(), issue.notBefore, issue.notAfter))
        return failure();
    for (const auto& extension : issue.extensions) {
        const auto handle = toHandle(extension);
        if (!handle) return handle.error();
        if (X509_add_ext(made.get(), handle->get(), -1) != 1) return failure();
    }
    if (X509_sign(made.get(), key.handle(), signingDigest(key.handle())) <= 0) return failure();
    // Nothing leaves that our own strict reading would refuse.
    return decoded ? Certificate::fromParsed(made.get())
                   : Certificate::fromDer(encode<&i2d_X509>(made.get()));
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
