#include "shared/base/encoding.h"

#include <algorithm>
#include <array>

namespace perennial {

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t length = 0; // 0: no valid UTF-8 begins here
};

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
Character characterAt(std::string_view text)
{
    const auto byte = [&text](std::size_t index) -> std::uint32_t {
        return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
    };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return {first, 1};

    struct Form {
        std::uint32_t mask, lead, least;
        std::size_t length;
    };
    constexpr std::array forms = {
        Form{0xE0, 0xC0, 0x80, 2}, Form{0xF0, 0xE0, 0x800, 3}, Form{0xF8, 0xF0, 0x10000, 4}};
    for (const auto& form : forms) {
        if ((first & form.mask) != form.lead) continue;
        std::uint32_t code = first & ~form.mask;
        for (std::size_t i = 1; i < form.length; ++i) {
            if ((byte(i) & 0xC0U) != 0x80U) return {};
            code = (code << 6U) | (byte(i) & 0x3FU);
        }
        const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        if (code < form.least || code > 0x10FFFF || surrogate) return {};
        return {code, form.length};
    }
    return {};
}

// What could end a line or turn the text around it in a terminal or a log viewer.
bool mustBeEscaped(std::uint32_t code)
{
    struct Range {
        std::uint32_t first, last;
    };
    constexpr std::array ranges = {Range{0x00, 0x1F}, Range{0x7F, 0x9F},
        Range{0x61C, 0x61C},    // Arabic letter mark
        Range{0x200E, 0x200F},  // left-to-right and right-to-left marks
        Range{0x2028, 0x202E},  // line and paragraph separators, embeddings, overrides
        Range{0x2066, 0x2069},  // isolates
        Range{0xFEFF, 0xFEFF}}; // byte order mark
    for (const auto& range : ranges)
        if (code >= range.first && code <= range.last) return true;
    return false;
}

std::string escaped(std::uint32_t code)
{
    const std::array<char, 2> bytes = {
        static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    return "\\u" + toUpperHex({bytes.data(), bytes.size()});
}

} // namespace

bool isValidUtf8(std::string_view text)
{
    const auto isAscii = [](char c) { return static_cast<unsigned char>(c) < 0x80U; };
    for (;;) {
        const auto* rest = std::find_if_not(text.begin(), text.end(), isAscii);
        text.remove_prefix(static_cast<std::size_t>(rest - text.begin()));
        if (text.empty()) return true;
        const auto length = characterAt(text).length;
        if (length == 0) return false;
        text.remove_prefix(length);
    }
}

std::string toPrintable(std::string_view text, std::size_t limit)
{
    std::string printable;
    while (!text.empty()) {
        const Character character = characterAt(text);
        std::string piece(text.substr(0, character.length));
        if (character.length == 0) {
            piece = "\xEF\xBF\xBD"; // U+FFFD
        } else if (mustBeEscaped(character.code)) {
            piece = escaped(character.code);
        }
        if (printable.size() + piece.size() > limit) return printable + "...";
        printable += piece;
        text.remove_prefix(character.length == 0 ? 1 : character.length);
    }
    return printable;
}

} // namespace perennial
