#include "shared/x509/signing_request.h"

#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/extensions.h"
#include "shared/x509/name_text.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/pem.h"
#include "shared/x509/public_key.h"

#include <set>

namespace perennial::x509 {

namespace {

constexpr std::string_view pemLabel = "CERTIFICATE REQUEST";
constexpr std::string_view oldPemLabel = "NEW CERTIFICATE REQUEST"; // as certreq writes it
constexpr std::string_view extensionRequestOid = "1.2.840.113549.1.9.14";
constexpr std::string_view microsoftExtensionsOid = "1.3.6.1.4.1.311.2.1.14";
constexpr std::size_t pemLimit = 128U << 10U;

Error refusal(const std::string& what)
{
    return Error{ErrorKind::InvalidInput, "certificate request: " + what};
}

std::string oidOf(const X509_REQ* request, int at)
{
    return oidText(X509_ATTRIBUTE_get0_object(X509_REQ_get_attr(request, at)));
}

std::vector<Bytes> valuesOf(const X509_REQ* request, int at)
{
    return attributeValuesOf(X509_REQ_get_attr(request, at)).values;
}

// The extensions of both attributes that may hold them, in one list; null when one is not readable.
ExtensionsHandle readExtensions(const X509_REQ* request)
{
    ExtensionsHandle all(sk_X509_EXTENSION_new_null());
    for (int at = 0; at < X509_REQ_get_attr_count(request); ++at) {
        const auto oid = oidOf(request, at);
        if (oid != extensionRequestOid && oid != microsoftExtensionsOid) continue;
        const auto values = valuesOf(request, at);
        if (values.size() != 1) return {};
        const auto part = decode<ExtensionsHandle, &d2i_X509_EXTENSIONS>(values.front());
        if (!part) return {};
        while (X509_EXTENSION* extension = sk_X509_EXTENSION_shift(part.get()))
            if (sk_X509_EXTENSION_push(all.get(), extension) == 0) X509_EXTENSION_free(extension);
    }
    return all;
}

Status checkParsed(const X509_REQ* request)
{
    if (X509_REQ_get_version(request) != X509_REQ_VERSION_1) return refusal("an unknown version");
    if (const auto key = checkPublicKey(X509_REQ_get_X509_PUBKEY(const_cast<X509_REQ*>(request)));
        !key)
        return refusal(key.error().message);
    std::set<std::string> seen;
    for (int at = 0; at < X509_REQ_get_attr_count(request); ++at) {
        const auto oid = oidOf(request, at);
        if (oid.empty()) return refusal("an attribute with an unreadable OID");
        if (!seen.insert(oid).second) return refusal("attribute " + oid + " occurs twice");
        if (valuesOf(request, at).empty()) return refusal("attribute " + oid + " has no value");
    }
    clearOpensslErrors();
    const auto extensions = readExtensions(request);
    if (!extensions)
        return opensslError(
            ErrorKind::InvalidInput, "certificate request: unreadable requested extensions");
    if (const auto checked = checkExtensions(extensions.get()); !checked)
        return refusal(checked.error().message);
    return {};
}

Status addAttribute(X509_REQ* request, const std::string& oid, const Bytes& value)
{
    const auto type = objectFromOid(oid);
    const auto any = decode<AnyHandle, &d2i_ASN1_TYPE>(value);
    if (!type) return refusal("attribute OID " + shown(oid) + " is not valid");
    if (!any) return refusal("the value of attribute " + oid + " is not DER");
    if (oid == extensionRequestOid || oid == microsoftExtensionsOid)
        return refusal("extensions are given as extensions, not as an attribute");
    const AttributeHandle attribute(X509_ATTRIBUTE_new());
    if (!attribute || X509_ATTRIBUTE_set1_object(attribute.get(), type.get()) != 1 ||
        X509_ATTRIBUTE_set1_data(attribute.get(), ASN1_TYPE_get(any.get()), any->value.ptr, -1) !=
            1 ||
        X509_REQ_add1_attr(request, attribute.get()) != 1)
        return opensslError(ErrorKind::Internal, "certificate request: attribute " + oid);
    return {};
}

Status addExtensions(X509_REQ* request, const std::vector<Extension>& extensions)
{
    if (extensions.empty()) return {};
    const ExtensionsHandle list(sk_X509_EXTENSION_new_null());
    for (const auto& extension : extensions) {
        auto handle = toHandle(extension);
        if (!handle) return handle.error();
        if (sk_X509_EXTENSION_push(list.get(), handle->get()) == 0)
            return opensslError(ErrorKind::Internal, "certificate request");
        static_cast<void>(handle->release());
    }
    if (X509_REQ_add_extensions(request, list.get()) != 1)
        return opensslError(ErrorKind::Internal, "certificate request: extensions");
    return {};
}

} // namespace

SigningRequest::SigningRequest(std::shared_ptr<X509_req_st> handle, Bytes der)
    : handle_(std::move(handle)), der_(std::move(der))
{
}

Result<SigningRequest> SigningRequest::fromDer(std::string_view der)
{
    if (der.size() > sizeLimit) return refusal("over " + std::to_string(sizeLimit) + " bytes");
    if (const auto structure = checkStructure(der, Encoding::Der); !structure)
        return refusal(structure.error().message);
    clearOpensslErrors();
    auto parsed = decode<RequestHandle, &d2i_X509_REQ>(der);
    if (!parsed) return opensslError(ErrorKind::InvalidInput, "not a certificate request");
    if (encode<&i2d_X509_REQ>(parsed.get()) != der)
        return refusal("not DER: it encodes differently");
    if (const auto checked = checkParsed(parsed.get()); !checked) return checked.error();
    return SigningRequest(std::shared_ptr<X509_REQ>(std::move(parsed)), Bytes(der));
}

Result<SigningRequest> SigningRequest::fromPem(std::string_view pem)
{
    if (pem.size() > pemLimit) return refusal("PEM over " + std::to_string(pemLimit) + " bytes");
    auto der = firstPemBlock(pem, pemLabel);
    if (!der && der.error().kind == ErrorKind::NotFound) der = firstPemBlock(pem, oldPemLabel);
    if (!der) return refusal(der.error().message);
    return fromDer(*der);
}

std::string SigningRequest::toPem() const { return pemText(der_, pemLabel); }

std::string SigningRequest::subject() const
{
    return nameText(X509_REQ_get_subject_name(handle_.get()));
}

Bytes SigningRequest::subjectDer() const
{
    return encode<&i2d_X509_NAME>(X509_REQ_get_subject_name(handle_.get()));
}

Bytes SigningRequest::publicKeyDer() const
{
    return encode<&i2d_X509_PUBKEY>(X509_REQ_get_X509_PUBKEY(handle_.get()));
}

Bytes SigningRequest::keyIdentifier() const
{
    return x509::keyIdentifier(X509_REQ_get_X509_PUBKEY(handle_.get()));
}

std::string SigningRequest::keyType() const
{
    return keyTypeOf(X509_REQ_get_X509_PUBKEY(handle_.get()));
}

bool SigningRequest::isSelfSigned() const
{
    clearOpensslErrors();
    EVP_PKEY* key = X509_REQ_get0_pubkey(handle_.get());
    const bool valid = key != nullptr && X509_REQ_verify(handle_.get(), key) == 1;
    clearOpensslErrors();
    return valid;
}

bool SigningRequest::isNullSigned() const
{
    const ASN1_BIT_STRING* signature = nullptr;
    const X509_ALGOR* algorithm = nullptr;
    X509_REQ_get0_signature(handle_.get(), &signature, &algorithm);
    const ASN1_OBJECT* name = nullptr;
    X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
    const EVP_MD* hash = digestNamed(name);
    if (hash == nullptr) return false;
    // A copy: i2d_re_X509_REQ_tbs() marks what it encodes as changed.
    const RequestHandle copy(X509_REQ_dup(handle_.get()));
    unsigned char* signedPart = nullptr;
    const int size = copy ? i2d_re_X509_REQ_tbs(copy.get(), &signedPart) : -1;
    if (size < 0) return false;
    const std::string_view bytes(
        reinterpret_cast<const char*>(signedPart), static_cast<std::size_t>(size));
    const bool same = digest(hash, bytes) == bytesOf(signature);
    OPENSSL_free(signedPart);
    return same;
}

std::vector<Extension> SigningRequest::extensions() const
{
    return listExtensions(readExtensions(handle_.get()).get());
}

std::optional<Bytes> SigningRequest::extension(std::string_view oid) const
{
    return extensionValue(readExtensions(handle_.get()).get(), oid);
}

std::vector<GeneralName> SigningRequest::alternativeNames() const
{
    return alternativeNamesOf(readExtensions(handle_.get()).get());
}

std::optional<TemplateInformation> SigningRequest::templateInformation() const
{
    return templateInformationOf(readExtensions(handle_.get()).get());
}

std::vector<std::string> SigningRequest::attributeOids() const
{
    std::vector<std::string> oids;
    oids.reserve(static_cast<std::size_t>(X509_REQ_get_attr_count(handle_.get())));
    for (int at = 0; at < X509_REQ_get_attr_count(handle_.get()); ++at)
        oids.push_back(oidOf(handle_.get(), at));
    return oids;
}

std::vector<Bytes> SigningRequest::attributeValues(std::string_view oid) const
{
    for (int at = 0; at < X509_REQ_get_attr_count(handle_.get()); ++at)
        if (oidOf(handle_.get(), at) == oid) return valuesOf(handle_.get(), at);
    return {};
}

Result<SigningRequest> makeSigningRequest(const RequestContent& content, const PrivateKey& key)
{
    clearOpensslErrors();
    const RequestHandle request(X509_REQ_new());
    const auto subject = decode<NameHandle, &d2i_X509_NAME>(content.subjectDer);
    if (!subject) return opensslError(ErrorKind::InvalidInput, "certificate request: the subject");
    if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_subject_name(request.get(), subject.get()) != 1 ||
        X509_REQ_set_pubkey(request.get(), key.handle()) != 1)
        return opensslError(ErrorKind::Internal, "certificate request");
    if (const auto added = addExtensions(request.get(), content.extensions); !added)
        return added.error();
    for (const auto& [oid, value] : content.attributes) {
        if (const auto added = addAttribute(request.get(), oid, value); !added)
            return added.error();
    }
    clearOpensslErrors();
    if (X509_REQ_sign(request.get(), key.handle(), signingDigest(key.handle())) <= 0)
        return opensslError(ErrorKind::Internal, "signing the certificate request");
    // What we make passes our own strict reading.
    return SigningRequest::fromDer(encode<&i2d_X509_REQ>(request.get()));
}

} // namespace perennial::x509
