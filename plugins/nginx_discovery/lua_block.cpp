#include "plugins/nginx_discovery/lua_block.h"

#include <string>

namespace perennial::plugins::nginx {

namespace {

// "[[", "[=[" and so on: the number of '=' and what closes it. Empty when none begins here.
std::string closerOfLongBracket(std::string_view text)
{
    if (text.empty() || text.front() != '[') return {};
    const auto level = text.substr(1).find_first_not_of('=');
    if (level == std::string_view::npos || text[level + 1] != '[') return {};
    return "]" + std::string(level, '=') + "]";
}

// Where the string that begins at `at` ends.
std::size_t behindString(std::string_view text, std::size_t at)
{
    const char quote = text[at++];
    while (at < text.size() && text[at] != quote)
        at += text[at] == '\\' ? 2U : 1U;
    return at + 1;
}

std::size_t behindLongBracket(std::string_view text, std::size_t at, const std::string& closer)
{
    const auto end = text.find(closer, at);
    return end == std::string_view::npos ? text.size() + 1 : end + closer.size();
}

std::size_t behindComment(std::string_view text, std::size_t at)
{
    const auto closer = closerOfLongBracket(text.substr(at + 2));
    if (!closer.empty()) return behindLongBracket(text, at + 2, closer);
    const auto end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() + 1 : end;
}

} // namespace

Result<std::size_t> luaBlockSize(std::string_view text)
{
    std::size_t depth = 1;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            at = behindString(text, at);
        } else if (c == '-' && text.substr(at, 2) == "--") {
            at = behindComment(text, at);
        } else if (const auto closer = closerOfLongBracket(text.substr(at)); !closer.empty()) {
            at = behindLongBracket(text, at, closer);
        } else {
            if (c == '{') ++depth;
            if (c == '}' && --depth == 0) return at + 1;
            ++at;
        }
    }
    return Error{ErrorKind::InvalidInput, "a Lua block is left open"};
}

} // namespace perennial::plugins::nginx
