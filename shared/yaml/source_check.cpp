#include "shared/yaml/source_check.h"

#include "shared/base/encoding.h"

#include <array>
#include <cstdint>

namespace perennial::yaml {

namespace {

constexpr std::size_t nameLimit = 200;
constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

struct CodePoint {
    char32_t value;
    std::size_t length;
};

// `text` is valid UTF-8 and not empty.
CodePoint firstCodePoint(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = lead & (0xFFU >> (length + 1));
    for (std::size_t at = 1; at < length && at < text.size(); ++at)
        value = (value << 6U) | (static_cast<unsigned char>(text[at]) & 0x3FU);
    return {value, length};
}

bool isControl(char32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F);
}

// Some parsers end a line at these and others do not.
bool isForeignLineBreak(char32_t c) { return c == 0x2028 || c == 0x2029; }

// They make a reviewer see another text than the one that is read.
bool isDirectionMark(char32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool isNoCharacter(char32_t c) { return c == 0xFEFF || c == 0xFFFE || c == 0xFFFF; }

std::string nameOfCodePoint(char32_t c)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string name = "U+";
    for (unsigned shift = 16; shift <= 16; shift -= 4)
        if (shift < 16 || (c >> 16U) != 0) name += digits[(c >> shift) & 0xFU];
    return name;
}

std::string findLineProblem(std::string_view line)
{
    if (!isValidUtf8(line)) return "not valid UTF-8";
    if (line.find('\r') != std::string_view::npos) return "a carriage return without a line feed";
    auto problem = findForbiddenCharacter(line);
    if (!problem.empty()) return problem;
    const auto first = line.find_first_not_of(' ');
    const bool comment = first != std::string_view::npos && line[first] == '#';
    if (!comment && line.find('\t') != std::string_view::npos)
        return "a tab; indent and separate with spaces (in double quotes write \\t)";
    if (!line.empty() && line[0] == '%') return "directives (%) are not accepted";
    return {};
}

} // namespace

Error errorAt(const std::string& fileName, int line, const std::string& what)
{
    return {ErrorKind::InvalidInput,
        toPrintable(fileName, nameLimit) + ":" + std::to_string(line) + ": " + what};
}

std::string findForbiddenCharacter(std::string_view text)
{
    while (!text.empty()) {
        const auto c = firstCodePoint(text);
        const char* what = isControl(c.value)            ? "a control character"
                           : isForeignLineBreak(c.value) ? "a line separator"
                           : isDirectionMark(c.value)    ? "a text direction mark"
                           : isNoCharacter(c.value)      ? "not a character"
                                                         : nullptr;
        if (what != nullptr) return std::string(what) + " (" + nameOfCodePoint(c.value) + ")";
        text.remove_prefix(std::min(c.length, text.size()));
    }
    return {};
}

Result<std::string> checkSource(std::string_view text, const std::string& fileName)
{
    if (text.starts_with(byteOrderMark)) text.remove_prefix(byteOrderMark.size());
    std::string source;
    source.reserve(text.size());
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const bool ended = end != std::string_view::npos;
        auto line = text.substr(0, end);
        text.remove_prefix(ended ? end + 1 : text.size());
        if (ended && line.ends_with('\r')) line.remove_suffix(1);
        const auto problem = findLineProblem(line);
        if (!problem.empty()) return errorAt(fileName, number, problem);
        source += line;
        if (ended) source += '\n';
    }
    return source;
}

} // namespace perennial::yaml
