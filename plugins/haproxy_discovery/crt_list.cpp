#include "plugins/haproxy_discovery/crt_list.h"

#include <algorithm>

namespace perennial::plugins::haproxy {

namespace {

constexpr std::string_view whiteSpace = " \t\r";
constexpr std::size_t lineLimit = 64U << 10U;
constexpr std::size_t linesLimit = 20'000;
constexpr std::size_t namesLimit = 500'000; // of all lines

Error wrong(int line, const char* what)
{
    return {ErrorKind::InvalidInput, std::to_string(line) + ": " + what};
}

Result<CrtListLine> parseLine(std::string_view text, int number)
{
    CrtListLine line;
    line.line = number;
    bool hadSettings = false;
    for (std::size_t at = 0; at < text.size();) {
        at = text.find_first_not_of(whiteSpace, at);
        if (at == std::string_view::npos || text[at] == '#') break;
        if (text[at] == '[') {
            const auto close = text.find(']', at);
            if (line.file.empty() || hadSettings || !line.names.empty() ||
                close == std::string_view::npos)
                return wrong(number, "settings in brackets follow the file, once");
            hadSettings = true;
            at = close + 1;
            continue;
        }
        const auto end = std::min(text.find_first_of(" \t\r[", at), text.size());
        auto word = std::string(text.substr(at, end - at));
        if (line.file.empty())
            line.file = std::move(word);
        else
            line.names.push_back(std::move(word));
        at = end;
    }
    return line;
}

} // namespace

Result<std::vector<CrtListLine>> parseCrtList(std::string_view text)
{
    std::vector<CrtListLine> lines;
    std::size_t names = 0;
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        if (end - at > lineLimit) return wrong(number + 1, "a line over 65536 bytes");
        auto line = parseLine(text.substr(at, end - at), ++number);
        if (!line) return line.error();
        at = end + 1;
        if (line->file.empty()) continue;
        names += line->names.size();
        if (lines.size() == linesLimit || names > namesLimit)
            return wrong(number, "too many lines or names");
        lines.push_back(*std::move(line));
    }
    return lines;
}

} // namespace perennial::plugins::haproxy
