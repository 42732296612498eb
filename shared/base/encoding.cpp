#include "shared/base/encoding.h"

#include <algorithm>
#include <array>

namespace perennial {

namespace {

constexpr std::string_view base64Alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64UrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

unsigned byteAt(std::string_view bytes, std::size_t index)
{
    return static_cast<unsigned char>(bytes[index]);
}

std::string hex(std::string_view bytes, std::string_view digits)
{
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += digits[byteAt(bytes, i) >> 4U];
        text += digits[byteAt(bytes, i) & 0xFU];
    }
    return text;
}

int hexDigit(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

std::string encode64(std::string_view bytes, std::string_view alphabet, bool pad)
{
    std::string text((bytes.size() + 2) / 3 * 4, '=');
    char* out = text.data();
    const char* const letters = alphabet.data();
    const std::size_t whole = bytes.size() - bytes.size() % 3;
    for (const char* in = bytes.data(), *end = in + whole; in != end; in += 3, out += 4) {
        const auto group = static_cast<unsigned>((static_cast<unsigned char>(in[0]) << 16U) |
                                                 (static_cast<unsigned char>(in[1]) << 8U) |
                                                 static_cast<unsigned char>(in[2]));
        out[0] = letters[group >> 18U];
        out[1] = letters[(group >> 12U) & 0x3FU];
        out[2] = letters[(group >> 6U) & 0x3FU];
        out[3] = letters[group & 0x3FU];
    }
    if (const std::size_t left = bytes.size() - whole; left > 0) {
        unsigned group = byteAt(bytes, whole) << 16U;
        if (left == 2) group |= byteAt(bytes, whole + 1) << 8U;
        for (std::size_t k = 0; k <= left; ++k)
            *out++ = letters[(group >> (18U - 6U * k)) & 0x3FU];
        if (!pad) text.resize(text.size() - (3 - left));
    }
    return text;
}

constexpr unsigned char noValue = 0xFF;

constexpr std::array<unsigned char, 256> valuesOf(std::string_view alphabet)
{
    std::array<unsigned char, 256> values{};
    values.fill(noValue);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<unsigned char>(i);
    return values;
}
constexpr auto base64Values = valuesOf(base64Alphabet);
constexpr auto base64UrlValues = valuesOf(base64UrlAlphabet);

// `text` has neither white space nor padding any more.
Result<Bytes> decode64(std::string_view text, const std::array<unsigned char, 256>& values)
{
    if (text.size() % 4 == 1)
        return Error{ErrorKind::InvalidInput, "base64 ends in the middle of a byte"};
    Bytes bytes(text.size() / 4 * 3 + 2, '\0');
    char* out = bytes.data();
    const auto foreign = [] {
        return Error{ErrorKind::InvalidInput, "a character that base64 does not have"};
    };
    for (; text.size() >= 4; text.remove_prefix(4), out += 3) {
        const std::array<unsigned, 4> four{values[byteAt(text, 0)], values[byteAt(text, 1)],
            values[byteAt(text, 2)], values[byteAt(text, 3)]};
        if (((four[0] | four[1] | four[2] | four[3]) & ~0x3FU) != 0) return foreign();
        const unsigned group = (four[0] << 18U) | (four[1] << 12U) | (four[2] << 6U) | four[3];
        out[0] = static_cast<char>(group >> 16U);
        out[1] = static_cast<char>((group >> 8U) & 0xFFU);
        out[2] = static_cast<char>(group & 0xFFU);
    }
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const unsigned value = values[static_cast<unsigned char>(c)];
        if (value == noValue) return foreign();
        bits = ((bits << 6U) | value) & 0xFFFFU;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        *out++ = static_cast<char>((bits >> count) & 0xFFU);
    }
    bytes.resize(static_cast<std::size_t>(out - bytes.data()));
    // RFC 4648 section 3.5: two texts must not mean the same bytes.
    if ((bits & ((1U << count) - 1U)) != 0)
        return Error{ErrorKind::InvalidInput, "base64 has bits left over at its end"};
    return bytes;
}

} // namespace

std::string toHex(std::string_view bytes) { return hex(bytes, "0123456789abcdef"); }

std::string toUpperHex(std::string_view bytes) { return hex(bytes, "0123456789ABCDEF"); }

Result<Bytes> fromHex(std::string_view text)
{
    if (text.size() % 2 != 0)
        return Error{ErrorKind::InvalidInput, "hexadecimal with an odd number of digits"};
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hexDigit(text[i]);
        const int low = hexDigit(text[i + 1]);
        if (high < 0 || low < 0)
            return Error{ErrorKind::InvalidInput, "a character that is no hexadecimal digit"};
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string toBase64(std::string_view bytes) { return encode64(bytes, base64Alphabet, true); }

std::string toBase64Url(std::string_view bytes)
{
    return encode64(bytes, base64UrlAlphabet, false);
}

Result<Bytes> fromBase64(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    std::string tight;
    tight.reserve(text.size());
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(blanks), text.size());
        tight += text.substr(0, end);
        text.remove_prefix(end);
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    }
    if (tight.size() % 4 != 0)
        return Error{ErrorKind::InvalidInput, "base64 whose length is no multiple of four"};
    std::string_view content = tight;
    for (int pads = 0; pads < 2 && content.ends_with('='); ++pads)
        content.remove_suffix(1);
    return decode64(content, base64Values);
}

Result<Bytes> fromBase64Url(std::string_view text) { return decode64(text, base64UrlValues); }

} // namespace perennial
