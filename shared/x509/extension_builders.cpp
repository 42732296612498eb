#include "shared/x509/der.h"
#include "shared/x509/extensions.h"
#include "shared/x509/general_name.h"
#include "shared/x509/name_text.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/signing_request.h"

#include <array>

namespace perennial::x509 {

namespace {

// Bit numbers of KeyUsage (RFC 5280 4.2.1.3).
constexpr std::array<std::string_view, 9> keyUsageNames = {"digitalSignature", "nonRepudiation",
    "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly",
    "decipherOnly"};

Error refusal(const std::string& what) { return Error{ErrorKind::InvalidInput, what}; }
Error outOfMemory() { return opensslError(ErrorKind::Internal, "making an extension"); }

int keyUsageBit(std::string_view name)
{
    for (std::size_t bit = 0; bit < keyUsageNames.size(); ++bit) {
        if (keyUsageNames[bit] == name) return static_cast<int>(bit);
    }
    return -1;
}

Error badOid(const std::string& oid) { return refusal(shown(oid) + " is not an OID"); }

AnyHandle integer(int value)
{
    IntegerHandle number(ASN1_INTEGER_new());
    AnyHandle any(ASN1_TYPE_new());
    if (!number || !any || ASN1_INTEGER_set_int64(number.get(), value) != 1) return {};
    ASN1_TYPE_set(any.get(), V_ASN1_INTEGER, number.release());
    return any;
}

AnyHandle object(const std::string& oid)
{
    auto value = objectFromOid(oid);
    AnyHandle any(ASN1_TYPE_new());
    if (!value || !any) return {};
    ASN1_TYPE_set(any.get(), V_ASN1_OBJECT, value.release());
    return any;
}

bool append(ASN1_SEQUENCE_ANY* list, AnyHandle element)
{
    if (!element || sk_ASN1_TYPE_push(list, element.get()) == 0) return false;
    static_cast<void>(element.release());
    return true;
}

Result<Extension> templateNameExtension(const std::string& name)
{
    ASN1_STRING* converted = nullptr;
    // At most 256 characters, as a common name in the directory could not have more either.
    if (ASN1_mbstring_ncopy(&converted, octets(name), static_cast<int>(name.size()), MBSTRING_UTF8,
            B_ASN1_BMPSTRING, 1, 256) < 0)
        return opensslError(ErrorKind::InvalidInput, "template name " + shown(name));
    const StringHandle text(converted);
    return Extension{
        std::string(oid::templateName), false, encode<&i2d_ASN1_BMPSTRING>(text.get())};
}

} // namespace

Result<Bytes> subjectDerFromText(std::string_view commonNameOrDn)
{
    const auto name = nameFromText(commonNameOrDn);
    if (!name) return name.error();
    return encode<&i2d_X509_NAME>(name->get());
}

Result<Extension> alternativeNameExtension(const std::vector<GeneralName>& names, bool critical)
{
    if (names.empty()) return refusal("a subjectAltName needs at least one name");
    const GeneralNamesHandle list(sk_GENERAL_NAME_new_null());
    if (!list) return outOfMemory();
    for (const auto& name : names) {
        auto handle = makeGeneralName(name);
        if (!handle) return handle.error();
        if (sk_GENERAL_NAME_push(list.get(), handle->get()) == 0) return outOfMemory();
        static_cast<void>(handle->release());
    }
    return Extension{
        std::string(oid::subjectAlternativeName), critical, encode<&i2d_GENERAL_NAMES>(list.get())};
}

Result<Extension> extendedKeyUsageExtension(const std::vector<std::string>& oids)
{
    if (oids.empty()) return refusal("an extendedKeyUsage needs at least one OID");
    const UsagesHandle list(sk_ASN1_OBJECT_new_null());
    if (!list) return outOfMemory();
    for (const auto& oid : oids) {
        auto object = objectFromOid(oid);
        if (!object) return badOid(oid);
        if (sk_ASN1_OBJECT_push(list.get(), object.get()) == 0) return outOfMemory();
        static_cast<void>(object.release());
    }
    return Extension{
        std::string(oid::extendedKeyUsage), false, encode<&i2d_EXTENDED_KEY_USAGE>(list.get())};
}

Result<Extension> applicationPoliciesExtension(const std::vector<std::string>& oids)
{
    using PolicyHandle = std::unique_ptr<POLICYINFO, FreeWith<&POLICYINFO_free>>;
    if (oids.empty()) return refusal("application policies need at least one OID");
    const PoliciesHandle list(sk_POLICYINFO_new_null());
    if (!list) return outOfMemory();
    for (const auto& oid : oids) {
        auto object = objectFromOid(oid);
        if (!object) return badOid(oid);
        PolicyHandle policy(POLICYINFO_new());
        if (!policy) return outOfMemory();
        ASN1_OBJECT_free(policy->policyid);
        policy->policyid = object.release();
        if (sk_POLICYINFO_push(list.get(), policy.get()) == 0) return outOfMemory();
        static_cast<void>(policy.release());
    }
    return Extension{
        std::string(oid::applicationPolicies), false, encode<&i2d_CERTIFICATEPOLICIES>(list.get())};
}

Result<Extension> keyUsageExtension(const std::vector<std::string>& names)
{
    if (names.empty()) return refusal("a keyUsage needs at least one bit");
    const BitStringHandle bits(ASN1_BIT_STRING_new());
    if (!bits) return outOfMemory();
    for (const auto& name : names) {
        const int bit = keyUsageBit(name);
        if (bit < 0) return refusal("unknown key usage " + shown(name));
        if (ASN1_BIT_STRING_set_bit(bits.get(), bit, 1) != 1) return outOfMemory();
    }
    return Extension{std::string(oid::keyUsage), true, encode<&i2d_ASN1_BIT_STRING>(bits.get())};
}

Result<Extension> templateInformationExtension(const TemplateInformation& information)
{
    clearOpensslErrors();
    if (information.oid.empty() && information.name.empty())
        return refusal("a template is named by its OID or, in schema 1, by its name");
    if (information.oid.empty()) return templateNameExtension(information.name);
    if (information.majorVersion < 0 || information.minorVersion < 0)
        return refusal("a template version is not negative");
    if (!objectFromOid(information.oid)) return badOid(information.oid);
    const SequenceHandle list(sk_ASN1_TYPE_new_null());
    if (!list || !append(list.get(), object(information.oid)) ||
        !append(list.get(), integer(information.majorVersion)) ||
        !append(list.get(), integer(information.minorVersion)))
        return outOfMemory();
    return Extension{
        std::string(oid::templateInformation), false, encode<&i2d_ASN1_SEQUENCE_ANY>(list.get())};
}

} // namespace perennial::x509
