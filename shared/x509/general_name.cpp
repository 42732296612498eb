#include "shared/x509/general_name.h"

#include "shared/x509/der.h"
#include "shared/x509/name_text.h"
#include "shared/x509/openssl_errors.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace perennial::x509 {

namespace {

constexpr std::string_view upnOid = "1.3.6.1.4.1.311.20.2.3";

bool isVisibleAscii(std::string_view text)
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool isPlainText(std::string_view text)
{
    return !text.empty() && isValidUtf8(text) && shown(text) == text;
}

GeneralName other(const GENERAL_NAME* name)
{
    return {GeneralName::Type::Other, toHex(encode<&i2d_GENERAL_NAME>(name))};
}

std::optional<std::string> addressText(std::string_view bytes)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
    if (::inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return std::nullopt;
    return text.data();
}

GeneralName readOtherName(const GENERAL_NAME* name)
{
    ASN1_OBJECT* type = nullptr;
    ASN1_TYPE* value = nullptr;
    if (GENERAL_NAME_get0_otherName(name, &type, &value) != 1 || oidText(type) != upnOid ||
        value == nullptr || ASN1_TYPE_get(value) != V_ASN1_UTF8STRING)
        return other(name);
    auto text = bytesOf(value->value.utf8string);
    if (!isPlainText(text)) return other(name);
    return {GeneralName::Type::Upn, std::move(text)};
}

GeneralName readText(const GENERAL_NAME* name, GeneralName::Type type, const ASN1_STRING* string)
{
    auto text = bytesOf(string);
    if (!isVisibleAscii(text)) return other(name);
    return {type, std::move(text)};
}

GeneralName readName(const GENERAL_NAME* name)
{
    using Type = GeneralName::Type;
    int tag = 0;
    void* value = GENERAL_NAME_get0_value(name, &tag);
    switch (tag) {
    case GEN_DNS: return readText(name, Type::Dns, static_cast<ASN1_STRING*>(value));
    case GEN_EMAIL: return readText(name, Type::Email, static_cast<ASN1_STRING*>(value));
    case GEN_URI: return readText(name, Type::Uri, static_cast<ASN1_STRING*>(value));
    case GEN_DIRNAME: return {Type::DirectoryName, nameText(static_cast<X509_NAME*>(value))};
    case GEN_OTHERNAME: return readOtherName(name);
    case GEN_IPADD: {
        auto text = addressText(bytesOf(static_cast<ASN1_STRING*>(value)));
        return text ? GeneralName{Type::Ip, *std::move(text)} : other(name);
    }
    default: return other(name);
    }
}

bool isDnsLabel(std::string_view label)
{
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
        return false;
    return std::all_of(label.begin(), label.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

// Preferred name syntax (RFC 5280 4.2.1.6) with '_' as Windows hosts have it; "*." only in front.
bool isDnsName(std::string_view name)
{
    if (name.size() > 253) return false;
    if (name.starts_with("*.")) {
        name.remove_prefix(2);
        if (name.find('.') == std::string_view::npos) return false;
    }
    std::string_view last;
    while (true) {
        const auto dot = name.find('.');
        last = name.substr(0, dot);
        if (!isDnsLabel(last)) return false;
        if (dot == std::string_view::npos) break;
        name.remove_prefix(dot + 1);
    }
    // A last label of digits makes it an IPv4 address in disguise.
    return last.find_first_not_of("0123456789") != std::string_view::npos;
}

Error refusal(const GeneralName& name, const std::string& what)
{
    return Error{ErrorKind::InvalidInput, "name " + shown(toText(name)) + ": " + what};
}

StringHandle newString(int type, std::string_view bytes)
{
    StringHandle string(ASN1_STRING_type_new(type));
    if (string && ASN1_STRING_set(string.get(), bytes.data(), static_cast<int>(bytes.size())) != 1)
        string.reset();
    return string;
}

GeneralNameHandle wrap(int type, std::string_view bytes, int stringType)
{
    GeneralNameHandle result(GENERAL_NAME_new());
    auto string = newString(stringType, bytes);
    if (!result || !string) return {};
    GENERAL_NAME_set0_value(result.get(), type, string.release());
    return result;
}

GeneralNameHandle makeUpn(const std::string& text)
{
    GeneralNameHandle result(GENERAL_NAME_new());
    auto type = objectFromOid(upnOid);
    AnyHandle value(ASN1_TYPE_new());
    auto string = newString(V_ASN1_UTF8STRING, text);
    if (!result || !type || !value || !string) return {};
    ASN1_TYPE_set(value.get(), V_ASN1_UTF8STRING, string.release());
    if (GENERAL_NAME_set0_othername(result.get(), type.get(), value.get()) != 1) return {};
    static_cast<void>(type.release());
    static_cast<void>(value.release());
    return result;
}

Result<GeneralNameHandle> makeDirectoryName(const std::string& text)
{
    auto directory = nameFromText(text);
    if (!directory) return directory.error();
    GeneralNameHandle result(GENERAL_NAME_new());
    if (result) GENERAL_NAME_set0_value(result.get(), GEN_DIRNAME, directory->release());
    return result;
}

std::optional<Bytes> addressBytes(const std::string& text)
{
    Bytes bytes(text.find(':') == std::string::npos ? 4 : 16, '\0');
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    if (::inet_pton(family, text.c_str(), bytes.data()) != 1) return std::nullopt;
    return bytes;
}

Result<GeneralNameHandle> makeText(const GeneralName& name, int type)
{
    if (!isVisibleAscii(name.value)) return refusal(name, "only visible ASCII is possible");
    return wrap(type, name.value, V_ASN1_IA5STRING);
}

Result<GeneralNameHandle> makeName(const GeneralName& name)
{
    using Type = GeneralName::Type;
    switch (name.type) {
    case Type::Dns:
        if (!isDnsName(name.value)) return refusal(name, "not a DNS name");
        return wrap(GEN_DNS, name.value, V_ASN1_IA5STRING);
    case Type::Email: return makeText(name, GEN_EMAIL);
    case Type::Uri: return makeText(name, GEN_URI);
    case Type::Ip: {
        const auto bytes = addressBytes(name.value);
        if (!bytes) return refusal(name, "not an IP address");
        return wrap(GEN_IPADD, *bytes, V_ASN1_OCTET_STRING);
    }
    case Type::DirectoryName: return makeDirectoryName(name.value);
    case Type::Upn:
        if (!isPlainText(name.value)) return refusal(name, "not plain text");
        return makeUpn(name.value);
    case Type::Other: break;
    }
    const auto der = fromHex(name.value);
    auto result = der ? decode<GeneralNameHandle, &d2i_GENERAL_NAME>(*der) : GeneralNameHandle();
    if (!result) return refusal(name, "not the DER of a GeneralName in hex");
    return result;
}

} // namespace

std::optional<std::vector<GeneralName>> readGeneralNames(std::string_view der)
{
    clearOpensslErrors();
    const auto list = decode<GeneralNamesHandle, &d2i_GENERAL_NAMES>(der);
    if (!list) return std::nullopt;
    std::vector<GeneralName> names;
    names.reserve(static_cast<std::size_t>(sk_GENERAL_NAME_num(list.get())));
    for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i)
        names.push_back(readName(sk_GENERAL_NAME_value(list.get(), i)));
    return names;
}

Result<GeneralNameHandle> makeGeneralName(const GeneralName& name)
{
    clearOpensslErrors();
    auto result = makeName(name);
    if (result && !*result) return opensslError(ErrorKind::Internal, "general name");
    return result;
}

std::string toText(const GeneralName& name)
{
    using Type = GeneralName::Type;
    switch (name.type) {
    case Type::Dns: return "dns:" + name.value;
    case Type::Ip: return "ip:" + name.value;
    case Type::Uri: return "uri:" + name.value;
    case Type::Email: return "email:" + name.value;
    case Type::DirectoryName: return "directory:" + name.value;
    case Type::Upn: return "upn:" + name.value;
    case Type::Other: break;
    }
    return "other:" + name.value;
}

} // namespace perennial::x509
