#include "plugins/apache_discovery/config_lines.h"

namespace perennial::plugins::apache {

namespace {

constexpr std::size_t wordsLimit = 10'000;
constexpr std::string_view whiteSpace = " \t\r\n\v\f";

std::string trimmed(const std::string& text)
{
    const auto first = text.find_first_not_of(whiteSpace);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(whiteSpace) - first + 1);
}

} // namespace

Result<std::optional<Line>> ConfigLines::next()
{
    std::string joined;
    while (at_ < text_.size()) {
        const auto end = text_.find('\n', at_);
        auto part = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
        at_ = end == std::string_view::npos ? text_.size() : end + 1;
        ++number_;
        const bool ended = end != std::string_view::npos;
        if (part.ends_with('\r')) part.remove_suffix(1);
        const bool goesOn = ended && part.ends_with('\\');
        if (goesOn) part.remove_suffix(1);
        if (joined.size() + part.size() > lineLimit)
            return Error{ErrorKind::InvalidInput, "a line over 65536 bytes"};
        joined += part;
        if (goesOn && at_ < text_.size()) continue;
        auto line = trimmed(joined);
        joined.clear();
        if (!line.empty() && line.front() != '#')
            return std::optional<Line>(Line{std::move(line), number_});
    }
    return std::optional<Line>();
}

std::vector<std::string> wordsOf(const std::string& line)
{
    std::vector<std::string> words;
    std::size_t at = 0;
    while (words.size() < wordsLimit) {
        at = line.find_first_not_of(whiteSpace, at);
        if (at == std::string::npos) break;
        std::string word;
        const bool quoted = line[at] == '"' || line[at] == '\'';
        const std::string_view ends = quoted ? std::string_view(line).substr(at, 1) : whiteSpace;
        for (at += quoted ? 1 : 0; at < line.size() && ends.find(line[at]) == ends.npos; ++at) {
            const bool escaped = line[at] == '\\' && at + 1 < line.size() &&
                                 (line[at + 1] == '\\' || (quoted && line[at + 1] == ends[0]));
            if (escaped) ++at;
            word += line[at];
        }
        if (quoted && at < line.size()) ++at; // one that is left open ends with its line
        words.push_back(std::move(word));
    }
    return words;
}

std::string withVariables(const std::string& line, const Variables& variables)
{
    std::string text;
    for (std::size_t at = 0; at < line.size();) {
        const auto open = line.find("${", at);
        const auto close = open == std::string::npos ? open : line.find('}', open);
        if (close == std::string::npos) return text + line.substr(at);
        text += line.substr(at, open - at);
        const auto found = variables.find(line.substr(open + 2, close - open - 2));
        text += found == variables.end() ? line.substr(open, close - open + 1) : found->second;
        at = close + 1;
        if (text.size() > ConfigLines::lineLimit) return text; // values in values grow
    }
    return text;
}

} // namespace perennial::plugins::apache
