#include "shared/http/server/request_target.h"

#include "shared/base/encoding.h"

#include <algorithm>

namespace perennial::http {

namespace {

int hexValue(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plusIsSpace)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hexValue(text[i + 1]);
            const int low = hexValue(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plusIsSpace) {
            c = ' ';
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
        plain += c;
    }
    if (!isValidUtf8(plain)) return std::nullopt;
    return plain;
}

bool climbs(std::string_view path)
{
    while (!path.empty()) {
        path.remove_prefix(1); // the slash
        const auto segment = path.substr(0, path.find('/'));
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(segment.size());
    }
    return false;
}

bool readQuery(std::string_view text, std::map<std::string, std::string>& query)
{
    while (!text.empty()) {
        const auto part = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        if (part.empty()) continue;
        const auto equals = part.find('=');
        auto name = decoded(part.substr(0, equals), true);
        auto value = decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
        if (!name || !value || !query.emplace(*std::move(name), *std::move(value)).second)
            return false;
    }
    return true;
}

// RFC 9112 3.2.2: a server accepts the form that is meant for proxies.
std::string_view withoutAuthority(std::string_view target)
{
    static constexpr std::string_view scheme = "https://";
    if (target.substr(0, scheme.size()) != scheme) return target;
    const auto path = target.find('/', scheme.size());
    return path == std::string_view::npos ? std::string_view() : target.substr(path);
}

} // namespace

std::optional<RequestTarget> readRequestTarget(std::string_view target)
{
    target = withoutAuthority(target);
    if (target.empty() || target.front() != '/' || target.find('#') != std::string_view::npos)
        return std::nullopt;
    const auto question = target.find('?');
    auto path = decoded(target.substr(0, question), false);
    if (!path || climbs(*path)) return std::nullopt;
    RequestTarget read{*std::move(path), {}};
    if (question != std::string_view::npos && !readQuery(target.substr(question + 1), read.query))
        return std::nullopt;
    return read;
}

} // namespace perennial::http
