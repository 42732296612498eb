#include "shared/x509/extensions.h"

#include "shared/x509/der.h"
#include "shared/x509/general_name.h"
#include "shared/x509/name_text.h"
#include "shared/x509/openssl_errors.h"

#include <algorithm>
#include <array>
#include <limits>
#include <openssl/objects.h>
#include <set>

namespace perennial::x509 {

namespace {

using ConstraintsHandle = std::unique_ptr<BASIC_CONSTRAINTS, FreeWith<&BASIC_CONSTRAINTS_free>>;

std::string oidOf(const X509_EXTENSION* extension)
{
    // OpenSSL's getters for an extension's parts take it non-const and change nothing.
    return oidText(X509_EXTENSION_get_object(const_cast<X509_EXTENSION*>(extension)));
}

Bytes valueOf(const X509_EXTENSION* extension)
{
    return bytesOf(X509_EXTENSION_get_data(const_cast<X509_EXTENSION*>(extension)));
}

std::optional<int> smallNumber(const ASN1_TYPE* any)
{
    std::int64_t number = 0;
    if (ASN1_TYPE_get(any) != V_ASN1_INTEGER ||
        ASN1_INTEGER_get_int64(&number, any->value.integer) != 1)
        return std::nullopt;
    if (number < 0 || number > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(number);
}

// SEQUENCE { OID, major INTEGER OPTIONAL, minor INTEGER OPTIONAL } [MS-WCCE 2.2.2.7.7.2].
std::optional<TemplateInformation> readTemplate(std::string_view der)
{
    const auto parts = decode<SequenceHandle, &d2i_ASN1_SEQUENCE_ANY>(der);
    const int count = parts ? sk_ASN1_TYPE_num(parts.get()) : 0;
    if (count < 1 || count > 3) return std::nullopt;
    const ASN1_TYPE* first = sk_ASN1_TYPE_value(parts.get(), 0);
    if (ASN1_TYPE_get(first) != V_ASN1_OBJECT) return std::nullopt;
    TemplateInformation information;
    information.oid = oidText(first->value.object);
    if (information.oid.empty()) return std::nullopt;
    if (count > 1) {
        const auto major = smallNumber(sk_ASN1_TYPE_value(parts.get(), 1));
        if (!major) return std::nullopt;
        information.majorVersion = *major;
    }
    if (count > 2) {
        const auto minor = smallNumber(sk_ASN1_TYPE_value(parts.get(), 2));
        if (!minor) return std::nullopt;
        information.minorVersion = *minor;
    }
    return information;
}

std::optional<std::string> readTemplateName(std::string_view der)
{
    const auto any = decode<AnyHandle, &d2i_ASN1_TYPE>(der);
    if (!any || ASN1_TYPE_get(any.get()) != V_ASN1_BMPSTRING) return std::nullopt;
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, any->value.bmpstring);
    if (size < 0) return std::nullopt;
    const std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return shown(name);
}

bool isUsages(std::string_view value)
{
    return decode<UsagesHandle, &d2i_EXTENDED_KEY_USAGE>(value) != nullptr;
}
bool isBits(std::string_view value)
{
    return decode<BitStringHandle, &d2i_ASN1_BIT_STRING>(value) != nullptr;
}
bool isConstraints(std::string_view value)
{
    return decode<ConstraintsHandle, &d2i_BASIC_CONSTRAINTS>(value) != nullptr;
}
bool isPolicies(std::string_view value)
{
    return decode<PoliciesHandle, &d2i_CERTIFICATEPOLICIES>(value) != nullptr;
}
bool isNames(std::string_view value) { return readGeneralNames(value).has_value(); }
bool isTemplate(std::string_view value) { return readTemplate(value).has_value(); }
bool isTemplateName(std::string_view value) { return readTemplateName(value).has_value(); }

struct KnownForm {
    Bytes type; // encoded
    bool (*isWellFormed)(std::string_view value);
};

const KnownForm* formOf(std::string_view type)
{
    const auto known = [](std::string_view oid) { return encodedOid(oid); };
    static const std::array forms{KnownForm{known(oid::subjectAlternativeName), &isNames},
        KnownForm{known(oid::extendedKeyUsage), &isUsages},
        KnownForm{known(oid::keyUsage), &isBits},
        KnownForm{known(oid::basicConstraints), &isConstraints},
        KnownForm{known(oid::certificatePolicies), &isPolicies},
        KnownForm{known(oid::applicationPolicies), &isPolicies},
        KnownForm{known(oid::templateInformation), &isTemplate},
        KnownForm{known(oid::templateName), &isTemplateName}};
    const auto* found = std::find_if(
        forms.begin(), forms.end(), [&](const KnownForm& form) { return form.type == type; });
    return found == forms.end() ? nullptr : found;
}

// An arc takes at most four characters for each of its bytes: below this it can be written.
constexpr std::size_t surelyReadable = 256;

} // namespace

Status checkExtensions(const ExtensionList* list)
{
    const auto refusal = [](const std::string& what) {
        return Error{ErrorKind::InvalidInput, "extension " + what};
    };
    std::set<std::string_view> seen; // encoded
    for (int i = 0; i < sk_X509_EXTENSION_num(list); ++i) {
        X509_EXTENSION* extension = sk_X509_EXTENSION_value(list, i);
        const ASN1_OBJECT* type = X509_EXTENSION_get_object(extension);
        const auto encoded = encodedOid(type);
        if (encoded.empty() || (encoded.size() > surelyReadable && oidText(type).empty()))
            return refusal("with an unreadable OID");
        if (!seen.insert(encoded).second) return refusal(oidText(type) + " occurs twice");
        clearOpensslErrors();
        const auto* form = formOf(encoded);
        if (form != nullptr && !form->isWellFormed(valueOf(extension)))
            return opensslError(
                ErrorKind::InvalidInput, "extension " + oidText(type) + " is malformed");
    }
    return {};
}

std::vector<Extension> listExtensions(const ExtensionList* list)
{
    std::vector<Extension> extensions;
    for (int i = 0; i < sk_X509_EXTENSION_num(list); ++i) {
        const X509_EXTENSION* extension = sk_X509_EXTENSION_value(list, i);
        extensions.push_back(
            {oidOf(extension), X509_EXTENSION_get_critical(extension) != 0, valueOf(extension)});
    }
    return extensions;
}

const X509_EXTENSION* findExtension(const ExtensionList* list, std::string_view oid)
{
    const auto wanted = encodedOid(oid);
    for (int i = 0; !wanted.empty() && i < sk_X509_EXTENSION_num(list); ++i) {
        X509_EXTENSION* extension = sk_X509_EXTENSION_value(list, i);
        if (encodedOid(X509_EXTENSION_get_object(extension)) == wanted) return extension;
    }
    return nullptr;
}

std::optional<Bytes> extensionValue(const ExtensionList* list, std::string_view oid)
{
    const X509_EXTENSION* extension = findExtension(list, oid);
    if (extension == nullptr) return std::nullopt;
    return valueOf(extension);
}

std::vector<GeneralName> alternativeNamesOf(const ExtensionList* list)
{
    const auto value = extensionValue(list, oid::subjectAlternativeName);
    if (!value) return {};
    return readGeneralNames(*value).value_or(std::vector<GeneralName>{});
}

std::vector<std::string> extendedKeyUsagesOf(const ExtensionList* list)
{
    const auto value = extensionValue(list, oid::extendedKeyUsage);
    if (!value) return {};
    const auto usages = decode<UsagesHandle, &d2i_EXTENDED_KEY_USAGE>(*value);
    std::vector<std::string> oids;
    for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i)
        oids.push_back(oidText(sk_ASN1_OBJECT_value(usages.get(), i)));
    return oids;
}

std::vector<std::string> policyIdentifiersOf(const ExtensionList* list, std::string_view oid)
{
    const auto value = extensionValue(list, oid);
    if (!value) return {};
    clearOpensslErrors();
    const auto policies = decode<PoliciesHandle, &d2i_CERTIFICATEPOLICIES>(*value);
    std::vector<std::string> oids;
    for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i)
        oids.push_back(oidText(sk_POLICYINFO_value(policies.get(), i)->policyid));
    clearOpensslErrors();
    return oids;
}

std::optional<TemplateInformation> templateInformationOf(const ExtensionList* list)
{
    const auto information = extensionValue(list, oid::templateInformation);
    const auto name = extensionValue(list, oid::templateName);
    if (!information && !name) return std::nullopt;
    auto result = information ? readTemplate(*information) : TemplateInformation{};
    if (result && name) result->name = readTemplateName(*name).value_or("");
    return result;
}

Result<ExtensionHandle> toHandle(const Extension& extension)
{
    clearOpensslErrors();
    const auto object = objectFromOid(extension.oid);
    const StringHandle value(ASN1_OCTET_STRING_new());
    if (!object)
        return opensslError(
            ErrorKind::InvalidInput, "extension OID " + shown(extension.oid) + " is not valid");
    if (!value || ASN1_OCTET_STRING_set(value.get(), octets(extension.value),
                      static_cast<int>(extension.value.size())) != 1)
        return opensslError(ErrorKind::Internal, "extension " + extension.oid);
    ExtensionHandle handle(X509_EXTENSION_create_by_OBJ(
        nullptr, object.get(), extension.critical ? 1 : 0, value.get()));
    if (!handle) return opensslError(ErrorKind::Internal, "extension " + extension.oid);
    return handle;
}

} // namespace perennial::x509
