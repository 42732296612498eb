#include "shared/x509/der.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <openssl/objects.h>
#include <optional>

// Object identifiers as text and back (X.690 8.19). OpenSSL takes microseconds for each, and a
// renewal has some sixty; it is asked for those that are not of the usual form.
namespace perennial::x509 {

namespace {

constexpr std::size_t usualSize = 64;           // bytes, encoded
constexpr std::uint64_t usualArc = 0xFFFFFFFFU; // and below

void append(std::string& text, std::uint64_t arc)
{
    std::array<char, 20> digits{};
    char* const start = digits.data();
    text.append(start, std::to_chars(start, start + digits.size(), arc).ptr);
}

std::optional<std::string> usualText(std::string_view encoded)
{
    if (encoded.empty() || encoded.size() > usualSize) return std::nullopt;
    std::string text;
    std::uint64_t arc = 0;
    bool within = false;
    for (const char c : encoded) {
        const auto byte = static_cast<unsigned char>(c);
        if (!within && byte == 0x80U) return std::nullopt;
        arc = (arc << 7U) | (byte & 0x7FU);
        if (arc > usualArc) return std::nullopt;
        within = (byte & 0x80U) != 0;
        if (within) continue;
        if (text.empty()) {
            const std::uint64_t first = std::min<std::uint64_t>(arc / 40, 2);
            append(text, first);
            arc -= first * 40;
        }
        text += '.';
        append(text, arc);
        arc = 0;
    }
    if (within) return std::nullopt;
    return text;
}

std::optional<std::uint64_t> takeArc(std::string_view& text)
{
    const auto end = std::min(text.find('.'), text.size());
    const auto digits = text.substr(0, end);
    std::uint64_t arc = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), arc);
    const bool usual = read.ec == std::errc() && read.ptr == digits.data() + digits.size() &&
                       arc <= usualArc && (digits.size() == 1 || digits.front() != '0');
    if (!usual || end + 1 == text.size()) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
    return arc;
}

void encode(Bytes& bytes, std::uint64_t arc)
{
    unsigned shift = 0;
    while (arc >> (shift + 7U) != 0)
        shift += 7;
    for (; shift > 0; shift -= 7)
        bytes += static_cast<char>(0x80U | ((arc >> shift) & 0x7FU));
    bytes += static_cast<char>(arc & 0x7FU);
}

std::optional<Bytes> usualBytes(std::string_view text)
{
    const auto first = takeArc(text);
    const auto second = text.empty() ? std::nullopt : takeArc(text);
    if (!first || !second || *first > 2 || (*first < 2 && *second >= 40)) return std::nullopt;
    Bytes bytes;
    encode(bytes, *first * 40 + *second);
    while (!text.empty()) {
        const auto arc = takeArc(text);
        if (!arc) return std::nullopt;
        encode(bytes, *arc);
    }
    return bytes;
}

} // namespace

std::string_view encodedOid(const ASN1_OBJECT* object)
{
    return {reinterpret_cast<const char*>(OBJ_get0_data(object)), OBJ_length(object)};
}

std::string oidText(const ASN1_OBJECT* object)
{
    if (auto text = usualText(encodedOid(object))) return *std::move(text);
    std::array<char, 2048> text{};
    const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
    if (size <= 0 || size >= static_cast<int>(text.size())) return {};
    return text.data();
}

Bytes encodedOid(std::string_view dotted)
{
    if (auto bytes = usualBytes(dotted)) return *std::move(bytes);
    // OBJ_txt2obj would take a name of OpenSSL's table where only numbers are meant.
    if (dotted.empty() || dotted.size() > 512 ||
        dotted.find_first_not_of("0123456789.") != std::string_view::npos)
        return {};
    const ObjectHandle object(OBJ_txt2obj(std::string(dotted).c_str(), 1));
    return object ? Bytes(encodedOid(object.get())) : Bytes();
}

ObjectHandle objectFromOid(std::string_view dotted)
{
    auto bytes = encodedOid(dotted);
    if (bytes.empty()) return {};
    return ObjectHandle(ASN1_OBJECT_create(NID_undef,
        reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr,
        nullptr)); // a copy
}

} // namespace perennial::x509
