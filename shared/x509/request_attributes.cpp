#include "shared/x509/request_attributes.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"

namespace perennial::x509 {

namespace {

Error refusal()
{
    return {ErrorKind::InvalidInput, "a request attribute that is no name and value"};
}

Result<std::string> textOf(const ASN1_TYPE* value)
{
    if (ASN1_TYPE_get(value) != V_ASN1_BMPSTRING) return refusal();
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, value->value.bmpstring);
    if (size < 0) return refusal();
    std::string copy(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return copy;
}

bool addText(ASN1_SEQUENCE_ANY* list, std::string_view text)
{
    ASN1_STRING* string = nullptr;
    if (ASN1_mbstring_copy(&string, octets(text), static_cast<int>(text.size()), MBSTRING_UTF8,
            B_ASN1_BMPSTRING) < 0)
        return false;
    AnyHandle any(ASN1_TYPE_new());
    if (!any) {
        ASN1_STRING_free(string);
        return false;
    }
    ASN1_TYPE_set(any.get(), V_ASN1_BMPSTRING, string);
    if (sk_ASN1_TYPE_push(list, any.get()) == 0) return false;
    static_cast<void>(any.release());
    return true;
}

} // namespace

Result<NameValue> nameValueFromDer(std::string_view der)
{
    clearOpensslErrors();
    const auto list = decode<SequenceHandle, &d2i_ASN1_SEQUENCE_ANY>(der);
    if (!list || sk_ASN1_TYPE_num(list.get()) != 2) return refusal();
    auto name = textOf(sk_ASN1_TYPE_value(list.get(), 0));
    auto value = textOf(sk_ASN1_TYPE_value(list.get(), 1));
    if (!name) return name.error();
    if (!value) return value.error();
    return NameValue{*std::move(name), *std::move(value)};
}

Result<Bytes> nameValueToDer(const NameValue& pair)
{
    clearOpensslErrors();
    const SequenceHandle list(sk_ASN1_TYPE_new_null());
    if (!list || !addText(list.get(), pair.name) || !addText(list.get(), pair.value))
        return opensslError(ErrorKind::InvalidInput, "request attribute");
    return encode<&i2d_ASN1_SEQUENCE_ANY>(list.get());
}

} // namespace perennial::x509
