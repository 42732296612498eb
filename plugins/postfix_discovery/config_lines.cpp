#include "plugins/postfix_discovery/config_lines.h"

#include <algorithm>

namespace perennial::plugins::postfix {

namespace {

constexpr std::size_t lineLimit = 64U << 10U;
constexpr std::size_t mostLines = 50'000;
constexpr std::string_view blanks = " \t\r\v\f";

} // namespace

Result<std::vector<Line>> linesOf(std::string_view text)
{
    std::vector<Line> lines;
    int number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        const auto first = line.find_first_not_of(blanks);
        if (first == std::string_view::npos || line[first] == '#') continue;
        if (first == 0)
            lines.push_back({std::string(line), number});
        else if (!lines.empty())
            lines.back().text += line;
        else
            continue; // Postfix passes over it with a warning
        if (lines.size() > mostLines || lines.back().text.size() > lineLimit)
            return Error{ErrorKind::InvalidInput,
                std::to_string(number) + ": too many lines, or one that is too long"};
    }
    return lines;
}

} // namespace perennial::plugins::postfix
