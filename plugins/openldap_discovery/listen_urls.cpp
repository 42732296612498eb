#include "plugins/openldap_discovery/listen_urls.h"

#include "shared/service_config/listen_address.h"
#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>
#include <optional>

namespace perennial::plugins::openldap {

namespace {

constexpr std::size_t mostUrls = 100;
constexpr std::string_view withArgument = "cdfFhlnorsSTug"; // slapd's options, slapd(8)
constexpr std::string_view blanks = " \t\r\n";

std::vector<std::string_view> wordsOf(std::string_view text)
{
    std::vector<std::string_view> words;
    for (auto begin = text.find_first_not_of(blanks); begin != std::string_view::npos;
         begin = text.find_first_not_of(blanks, begin)) {
        const auto end = std::min(text.find_first_of(blanks, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

bool isUrl(std::string_view word) { return word.find("://") != std::string_view::npos; }

struct Scheme {
    std::string_view name;
    std::string_view port;
    std::string_view startTls;
};
constexpr std::array<Scheme, 2> schemes = {{{"ldap", "389", "ldap"}, {"ldaps", "636", ""}}};

// "host:port", "[::1]:port", "host", ":port", "".
struct Authority {
    std::string host;
    std::string port;
};
Authority authorityOf(const std::string& text)
{
    const auto bracket = text.starts_with('[') ? text.find(']') : 0;
    if (bracket == std::string::npos) return {text, {}};
    const auto colon = text.find(':', bracket);
    if (colon == std::string::npos) return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::string> hostOf(const std::string& host, bool onlyV6)
{
    const std::string loopback = onlyV6 ? "::1" : "127.0.0.1";
    if (host.empty() || host == "*" || host == "localhost") return loopback;
    const auto numeric = service_config::numericHost(host);
    if (!numeric) return std::nullopt;
    return service_config::reachableHost(*numeric, [](const auto&) { return false; });
}

} // namespace

ListenUrls urlsOfCommandLine(std::string_view commandLine)
{
    ListenUrls found{{"ldap:///"}, false, {}};
    const auto words = wordsOf(commandLine);
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (!words[i].starts_with('-')) continue;
        for (std::size_t at = 1; at < words[i].size(); ++at) {
            const char option = words[i][at];
            if (option == '4' || option == '6') found.onlyV6 = option == '6';
            if (withArgument.find(option) == std::string_view::npos) continue;
            const auto attached = words[i].substr(at + 1);
            if (option == 'h') {
                found.urls.clear();
                if (!attached.empty()) found.urls.emplace_back(attached);
                while (i + 1 < words.size() && isUrl(words[i + 1]))
                    found.urls.emplace_back(words[++i]);
            } else if (attached.empty()) {
                ++i;
            }
            break;
        }
    }
    return found;
}

ListenUrls urlsOfDefaults(std::string_view text, const std::string& file, Discovery& found)
{
    constexpr std::string_view name = "SLAPD_SERVICES=";
    ListenUrls urls{{"ldap:///"}, false, file};
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        at = end + 1;
        ++number;
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        if (!line.starts_with(name)) continue;
        line.remove_prefix(name.size());
        line = line.substr(0, line.find_last_not_of(blanks) + 1);
        if (line.size() > 1 && (line.front() == '"' || line.front() == '\'') &&
            line.back() == line.front())
            line = line.substr(1, line.size() - 2);
        else if (line.find_first_of(blanks) != std::string_view::npos)
            line = "\"";
        if (line.find_first_of("$`\\\"'#;&|<>()") != std::string_view::npos) {
            found.skip(file + ":" + std::to_string(number) + ": SLAPD_SERVICES needs a shell");
            continue;
        }
        const auto words = wordsOf(line);
        urls.urls.assign(words.begin(), words.end());
        if (urls.urls.empty()) urls.urls.emplace_back("ldap:///"); // then -h is not given
    }
    return urls;
}

std::vector<model::Listener> listenersOf(const ListenUrls& where, Discovery& found)
{
    std::vector<model::Listener> listeners;
    for (const auto& url : where.urls) {
        const auto said = [&](const std::string& why) { found.skip(where.at + ": " + why); };
        const auto colon = url.find("://");
        const auto scheme = service_config::lowerCase(url.substr(0, colon));
        if (colon != std::string::npos && scheme == "ldapi") continue;
        const auto* known = std::find_if(
            schemes.begin(), schemes.end(), [&](const Scheme& one) { return one.name == scheme; });
        if (colon == std::string::npos || known == schemes.end()) {
            const bool proxied = scheme == "pldap" || scheme == "pldaps";
            said(proxied ? "a URL is not looked at: it expects the PROXY protocol before TLS"
                         : "a URL is none that is known");
            continue;
        }
        const auto begin = colon + 3;
        const auto authority =
            authorityOf(url.substr(begin, url.find_first_of("/?", begin) - begin));
        const auto port = service_config::portFrom(
            authority.port.empty() ? known->port : std::string_view(authority.port));
        const auto host = hostOf(authority.host, where.onlyV6);
        if (!port) {
            said("a URL's port is none");
            continue;
        }
        if (!host) {
            said("a name in a URL is not looked up");
            continue;
        }
        if (listeners.size() == mostUrls) {
            said("too many URLs");
            break;
        }
        const model::Listener listener{*host, *port, "", {}, std::string(known->startTls)};
        if (std::find(listeners.begin(), listeners.end(), listener) == listeners.end())
            listeners.push_back(listener);
    }
    return listeners;
}

} // namespace perennial::plugins::openldap
