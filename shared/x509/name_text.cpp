#include "shared/x509/name_text.h"

#include "shared/base/encoding.h"
#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"

#include <vector>

namespace perennial::x509 {

namespace {

constexpr std::size_t textLimit = 4096;
constexpr std::string_view specials = " \"#+,;<=>\\";

struct TypeAndValue {
    std::string type;
    std::string value;
    bool joinsPrevious; // '+' before it: the same relative distinguished name
};

Error refusal(const std::string& what)
{
    return Error{ErrorKind::InvalidInput, "distinguished name: " + what};
}

// RFC 4514 2.4 and 3, without the #hexstring form, which no policy needs.
class NameReader {
public:
    explicit NameReader(std::string_view text) : text_(text) {}

    Result<std::vector<TypeAndValue>> read()
    {
        std::vector<TypeAndValue> parts;
        bool joins = false;
        while (true) {
            const auto equals = text_.find('=');
            if (equals == std::string_view::npos) return refusal("a part without '='");
            std::string type(trimmed(text_.substr(0, equals)));
            text_.remove_prefix(equals + 1);
            auto value = readValue();
            if (!value) return value.error();
            if (type.empty() || value->empty()) return refusal("an empty type or value");
            parts.push_back({std::move(type), *std::move(value), joins});
            if (text_.empty()) return parts;
            joins = text_.front() == '+';
            text_.remove_prefix(1);
        }
    }

private:
    static std::string_view trimmed(std::string_view text)
    {
        const auto first = text.find_first_not_of(' ');
        if (first == std::string_view::npos) return {};
        return text.substr(first, text.find_last_not_of(' ') - first + 1);
    }

    // Stops at an unescaped ',' or '+'.
    Result<std::string> readValue()
    {
        while (text_.starts_with(' '))
            text_.remove_prefix(1);
        if (text_.starts_with('#')) return refusal("values in #hex form are not accepted");
        std::string value;
        std::size_t keep = 0; // up to where spaces are escaped ones
        while (!text_.empty() && text_.front() != ',' && text_.front() != '+') {
            const char c = text_.front();
            text_.remove_prefix(1);
            if (c == '\\') {
                auto escaped = readEscape();
                if (!escaped) return escaped.error();
                value += *escaped;
                keep = value.size();
            } else if (c == '"' || c == ';' || c == '<' || c == '>') {
                return refusal(std::string("'") + c + "' must be escaped");
            } else {
                value += c;
            }
        }
        while (value.size() > keep && value.back() == ' ')
            value.pop_back();
        return value;
    }

    Result<char> readEscape()
    {
        if (text_.empty()) return refusal("ends in a backslash");
        const char c = text_.front();
        if (specials.find(c) != std::string_view::npos) {
            text_.remove_prefix(1);
            return c;
        }
        const auto byte = fromHex(text_.substr(0, 2));
        if (text_.size() < 2 || !byte) return refusal("an unknown escape");
        text_.remove_prefix(2);
        return byte->front();
    }

    std::string_view text_;
};

bool hasControl(std::string_view text)
{
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) return true;
    }
    return false;
}

Status addPart(X509_NAME* name, const TypeAndValue& part)
{
    if (!isValidUtf8(part.value) || hasControl(part.value))
        return refusal("control characters or broken UTF-8 in the value of " + shown(part.type));
    clearOpensslErrors();
    const ObjectHandle type(OBJ_txt2obj(part.type.c_str(), 0));
    if (!type) return refusal("unknown attribute type " + shown(part.type));
    // Text is most specific first, the encoding the other way round: each part goes to the front.
    if (X509_NAME_add_entry_by_OBJ(name, type.get(), MBSTRING_UTF8, octets(part.value),
            static_cast<int>(part.value.size()), 0, part.joinsPrevious ? 1 : 0) != 1)
        return opensslError(
            ErrorKind::InvalidInput, "distinguished name: the value of " + shown(part.type));
    return {};
}

std::optional<std::string> utf8Of(const X509_NAME_ENTRY* entry)
{
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) return std::nullopt;
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(
        utf8, [](unsigned char* text) { OPENSSL_free(text); });
    return std::string(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
}

} // namespace

std::string shown(std::string_view text) { return toPrintable(text, text.size() * 6 + 1); }

std::string nameText(const X509_NAME* name)
{
    // OpenSSL refuses names with broken UTF-8 when it decodes them, so it need not be escaped here.
    constexpr unsigned long flags =
        XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    const BioHandle text(BIO_new(BIO_s_mem()));
    if (!text || X509_NAME_print_ex(text.get(), name, 0, flags) < 0) return {};
    return bioBytes(text.get());
}

std::string commonNameOf(const X509_NAME* name)
{
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;)
        last = at;
    if (last < 0) return {};
    return shown(utf8Of(X509_NAME_get_entry(name, last)).value_or(""));
}

std::optional<std::string> onlyCommonNameOf(const X509_NAME* name)
{
    if (X509_NAME_get_index_by_NID(name, NID_commonName, -1) != 0) return std::nullopt;
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, 0);
    // OpenSSL does not tell of empty parts, but keeps their bytes.
    const NameHandle alone(X509_NAME_new());
    if (!alone || X509_NAME_add_entry(alone.get(), entry, -1, 0) != 1 ||
        encode<&i2d_X509_NAME>(alone.get()) != encode<&i2d_X509_NAME>(name))
        return std::nullopt;
    return utf8Of(entry);
}

Result<NameHandle> nameFromText(std::string_view text)
{
    if (text.size() > textLimit) return refusal("over " + std::to_string(textLimit) + " bytes");
    NameHandle name(X509_NAME_new());
    if (!name) return opensslError(ErrorKind::Internal, "distinguished name");
    if (text.empty()) return name;
    if (text.find('=') == std::string_view::npos) {
        const auto added = addPart(name.get(), {"CN", std::string(text), false});
        if (!added) return added.error();
        return name;
    }
    const auto parts = NameReader(text).read();
    if (!parts) return parts.error();
    for (const auto& part : *parts) {
        if (const auto added = addPart(name.get(), part); !added) return added.error();
    }
    return name;
}

} // namespace perennial::x509
