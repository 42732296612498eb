#include "plugins/nginx_discovery/listen_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace perennial::plugins::nginx {

namespace {

constexpr int mostPorts = 100;

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

std::optional<int> portFrom(std::string_view text)
{
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65'535)
        return std::nullopt;
    return port;
}

// One spelling for one address, so that servers that share it are seen to share it.
std::optional<std::string> shortest(int family, const std::string& host)
{
    std::array<unsigned char, 16> address{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_pton(family, host.c_str(), address.data()) != 1 ||
        ::inet_ntop(family, address.data(), text.data(), text.size()) == nullptr)
        return std::nullopt;
    return std::string(text.data());
}

Result<std::string> hostFrom(const std::string& text)
{
    if (text == "*" || text.empty()) return std::string("0.0.0.0");
    if (text == "localhost") return std::string("127.0.0.1");
    if (text.front() == '[' && text.back() == ']') {
        if (auto host = shortest(AF_INET6, text.substr(1, text.size() - 2))) return *host;
        return wrong("listen: not an IPv6 address");
    }
    if (auto host = shortest(AF_INET, text)) return *host;
    return wrong("listen: a host name, which is not looked up");
}

// "443", "8000-8010"
Result<std::vector<ListenAddress>> addressesOf(const std::string& host, std::string_view ports)
{
    const auto dash = ports.find('-');
    const auto first = portFrom(ports.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : portFrom(ports.substr(dash + 1));
    if (!first || !last || *last < *first) return wrong("listen: not a port");
    if (*last - *first >= mostPorts) return wrong("listen: a range of more than 100 ports");
    std::vector<ListenAddress> addresses;
    for (int port = *first; port <= *last; ++port)
        addresses.push_back({host, port});
    return addresses;
}

Result<std::vector<ListenAddress>> parseAddress(const std::string& text)
{
    constexpr std::string_view standardPort = "80";
    if (text.find_first_not_of("0123456789-") == std::string::npos)
        return addressesOf("0.0.0.0", text);
    const auto bracket = text.rfind(']');
    const auto colon = text.find(':', bracket == std::string::npos ? 0 : bracket);
    auto host = hostFrom(text.substr(0, colon));
    if (!host) return host.error();
    return addressesOf(*host,
        colon == std::string::npos ? standardPort : std::string_view(text).substr(colon + 1));
}

} // namespace

std::string toText(const ListenAddress& address)
{
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<Listen> parseListen(const std::vector<std::string>& arguments)
{
    if (arguments.empty()) return wrong("listen needs an address");
    const auto has = [&](std::string_view word) {
        return std::find(arguments.begin() + 1, arguments.end(), word) != arguments.end();
    };
    if (arguments.front().starts_with("unix:"))
        return Error{ErrorKind::NotFound, "listen: Unix sockets are not looked at"};
    if (has("quic") || has("udp"))
        return Error{ErrorKind::NotFound, "listen: only TCP is looked at"};
    auto addresses = parseAddress(arguments.front());
    if (!addresses) return addresses.error();
    return Listen{*std::move(addresses), has("ssl"), has("default_server") || has("default"),
        has("proxy_protocol")};
}

} // namespace perennial::plugins::nginx
