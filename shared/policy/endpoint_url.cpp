#include "shared/policy/endpoint_url.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace perennial::policy {

namespace {

constexpr std::string_view scheme = "https://";

Error refusal(const std::string& what) { return {ErrorKind::InvalidInput, what}; }

bool isLetterOrDigit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isHexDigit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// RFC 3986 3.3: segments of pchar.
bool isPath(std::string_view path)
{
    constexpr std::string_view marks = "/-._~!$&'()*+,;=:@";
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (isLetterOrDigit(c) || marks.find(c) != std::string_view::npos) continue;
        if (c != '%' || i + 2 >= path.size()) return false;
        if (!isHexDigit(path[i + 1]) || !isHexDigit(path[i + 2])) return false;
        i += 2;
    }
    return true;
}

bool isPort(std::string_view text)
{
    if (text.empty() || text.size() > 5 || text.front() == '0') return false;
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return false;
    return std::stoi(std::string(text)) <= 65535;
}

Status checkAuthority(std::string_view authority)
{
    if (authority.find('@') != std::string_view::npos)
        return refusal("must not hold a user name or password");
    std::string_view host = authority;
    std::string_view rest;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return refusal("has a '[' without ']'");
        host = authority.substr(1, end - 1);
        rest = authority.substr(end + 1);
        if (host.find(':') == std::string_view::npos || !isIpAddress(std::string(host)))
            return refusal("has no IPv6 address between '[' and ']'");
    } else {
        const auto colon = authority.find(':');
        host = authority.substr(0, colon);
        if (colon != std::string_view::npos) rest = authority.substr(colon);
        if (!isHostName(host)) return refusal("has no valid host name");
    }
    if (rest.empty()) return {};
    if (rest.front() != ':' || !isPort(rest.substr(1)))
        return refusal("has a port that is none of 1 to 65535");
    return {};
}

} // namespace

bool isIpAddress(const std::string& text)
{
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

Status checkEndpointUrl(const std::string& url)
{
    if (url.size() > 2048) return refusal("is over 2048 bytes");
    if (!url.starts_with(scheme)) return refusal("must begin with https://");
    const std::string_view after = std::string_view(url).substr(scheme.size());
    if (after.find_first_of("?#") != std::string_view::npos)
        return refusal("must not have a query or a fragment");
    const auto slash = after.find('/');
    if (slash == std::string_view::npos) return refusal("needs a path after the host");
    if (auto status = checkAuthority(after.substr(0, slash)); !status) return status;
    if (!isPath(after.substr(slash)))
        return refusal("has a character that must be written as % and two hex digits");
    return {};
}

} // namespace perennial::policy
