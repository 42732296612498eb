#include "shared/x509/signing_request.h"

#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/extensions.h"
#include "shared/x509/name_text.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/pem.h"
#include "shared/x509/public_key.h"
#include "shared/x509/request_structures.h"

#include <openssl/objects.h>
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

std::string oidOf(const RequestInfo& info, int at)
{
    return oidText(X509_ATTRIBUTE_get0_object(sk_X509_ATTRIBUTE_value(info.attributes, at)));
}

std::vector<Bytes> valuesOf(const RequestInfo& info, int at)
{
    return attributeValuesOf(sk_X509_ATTRIBUTE_value(info.attributes, at)).values;
}

// The extensions of both attributes that may hold them, in one list; null when one is not readable.
ExtensionsHandle readExtensions(const RequestInfo& info)
{
    ExtensionsHandle all(sk_X509_EXTENSION_new_null());
    for (int at = 0; at < sk_X509_ATTRIBUTE_num(info.attributes); ++at) {
        const auto oid = oidOf(info, at);
        if (oid != extensionRequestOid && oid != microsoftExtensionsOid) continue;
        const auto values = valuesOf(info, at);
        if (values.size() != 1) return {};
        const auto part = decode<ExtensionsHandle, &d2i_X509_EXTENSIONS>(values.front());
        if (!part) return {};
        while (X509_EXTENSION* extension = sk_X509_EXTENSION_shift(part.get()))
            if (sk_X509_EXTENSION_push(all.get(), extension) == 0) X509_EXTENSION_free(extension);
    }
    return all;
}

const ASN1_OBJECT* algorithmOf(const X509_ALGOR* algorithm)
{
    const ASN1_OBJECT* name = nullptr;
    X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
    return name;
}

Status checkAttributes(const RequestInfo& info)
{
    std::set<std::string> seen;
    for (int at = 0; at < sk_X509_ATTRIBUTE_num(info.attributes); ++at) {
        const auto oid = oidOf(info, at);
        if (oid.empty()) return refusal("an attribute with an unreadable OID");
        if (!seen.insert(oid).second) return refusal("attribute " + oid + " occurs twice");
        if (valuesOf(info, at).empty()) return refusal("attribute " + oid + " has no value");
    }
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

struct SigningRequest::Parsed {
    StructureHandle<Request> handle;
    KeyHandle key; // null: of an unknown algorithm
    ExtensionsHandle extensions;

    const RequestInfo& info() const { return *handle->info; }
};

SigningRequest::SigningRequest(std::shared_ptr<const Parsed> parsed, Bytes der)
    : parsed_(std::move(parsed)), der_(std::move(der))
{
}

Result<SigningRequest> SigningRequest::fromDer(std::string_view der)
{
    if (der.size() > sizeLimit) return refusal("over " + std::to_string(sizeLimit) + " bytes");
    if (const auto structure = checkStructure(der, Encoding::Der); !structure)
        return refusal(structure.error().message);
    clearOpensslErrors();
    auto parsed = std::make_shared<Parsed>();
    parsed->handle = decodeStructure<Request>(der);
    if (!parsed->handle) return opensslError(ErrorKind::InvalidInput, "not a certificate request");
    const auto& info = parsed->info();
    if (encodeStructure(parsed->handle.get()) != der)
        return refusal("not DER: it encodes differently");
    std::int64_t version = -1;
    if (ASN1_INTEGER_get_int64(&version, info.version) != 1 || version != X509_REQ_VERSION_1)
        return refusal("an unknown version");
    parsed->key = readPublicKey(*info.publicKey);
    const auto* algorithm = algorithmOf(info.publicKey->algorithm);
    if (const auto key = checkPublicKey(parsed->key.get(), algorithm); !key)
        return refusal(key.error().message);
    if (const auto attributes = checkAttributes(info); !attributes) return attributes.error();
    clearOpensslErrors();
    parsed->extensions = readExtensions(info);
    if (!parsed->extensions)
        return opensslError(
            ErrorKind::InvalidInput, "certificate request: unreadable requested extensions");
    if (const auto checked = checkExtensions(parsed->extensions.get()); !checked)
        return refusal(checked.error().message);
    return SigningRequest(std::move(parsed), Bytes(der));
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

std::string SigningRequest::subject() const { return nameText(parsed_->info().subject); }

Bytes SigningRequest::subjectDer() const { return encode<&i2d_X509_NAME>(parsed_->info().subject); }

std::optional<std::string> SigningRequest::onlyCommonName() const
{
    return onlyCommonNameOf(parsed_->info().subject);
}

Bytes SigningRequest::publicKeyDer() const { return encodeStructure(parsed_->info().publicKey); }

Bytes SigningRequest::keyIdentifier() const
{
    return x509::keyIdentifier(*parsed_->info().publicKey);
}

std::string SigningRequest::keyType() const
{
    return keyTypeOf(parsed_->key.get(), algorithmOf(parsed_->info().publicKey->algorithm));
}

bool SigningRequest::isSelfSigned() const
{
    clearOpensslErrors();
    const auto& request = *parsed_->handle;
    const bool valid =
        parsed_->key && ASN1_item_verify(itemOf<RequestInfo>(), request.signatureAlgorithm,
                            request.signature, request.info, parsed_->key.get()) == 1;
    clearOpensslErrors();
    return valid;
}

bool SigningRequest::isNullSigned() const
{
    const auto& request = *parsed_->handle;
    const EVP_MD* hash = digestNamed(algorithmOf(request.signatureAlgorithm));
    return hash != nullptr &&
           digest(hash, encodeStructure(request.info)) == bytesOf(request.signature);
}

std::vector<Extension> SigningRequest::extensions() const
{
    return listExtensions(parsed_->extensions.get());
}

std::optional<Bytes> SigningRequest::extension(std::string_view oid) const
{
    return extensionValue(parsed_->extensions.get(), oid);
}

std::vector<GeneralName> SigningRequest::alternativeNames() const
{
    return alternativeNamesOf(parsed_->extensions.get());
}

std::vector<std::string> SigningRequest::extendedKeyUsages() const
{
    return extendedKeyUsagesOf(parsed_->extensions.get());
}

std::optional<TemplateInformation> SigningRequest::templateInformation() const
{
    return templateInformationOf(parsed_->extensions.get());
}

std::vector<std::string> SigningRequest::attributeOids() const
{
    const auto& info = parsed_->info();
    std::vector<std::string> oids;
    for (int at = 0; at < sk_X509_ATTRIBUTE_num(info.attributes); ++at)
        oids.push_back(oidOf(info, at));
    return oids;
}

std::vector<Bytes> SigningRequest::attributeValues(std::string_view oid) const
{
    const auto& info = parsed_->info();
    const auto wanted = encodedOid(oid);
    for (int at = 0; !wanted.empty() && at < sk_X509_ATTRIBUTE_num(info.attributes); ++at) {
        auto* attribute = sk_X509_ATTRIBUTE_value(info.attributes, at);
        if (encodedOid(X509_ATTRIBUTE_get0_object(attribute)) == wanted) return valuesOf(info, at);
    }
    return {};
}

namespace {

const EVP_MD* longerDigest(const EVP_PKEY* key, const std::string& hash)
{
    const EVP_MD* own = signingDigest(key);
    const EVP_MD* wanted = hash == "sha512" ? EVP_sha512() : hash == "sha384" ? EVP_sha384() : own;
    return own == nullptr || EVP_MD_get_size(own) > EVP_MD_get_size(wanted) ? own : wanted;
}

} // namespace

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
    if (X509_REQ_sign(request.get(), key.handle(), longerDigest(key.handle(), content.hash)) <= 0)
        return opensslError(ErrorKind::Internal, "signing the certificate request");
    // What we make passes our own strict reading.
    return SigningRequest::fromDer(encode<&i2d_X509_REQ>(request.get()));
}

} // namespace perennial::x509
