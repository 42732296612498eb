#include "plugins/nginx_discovery/listen_address.h"

#include <algorithm>
#include <string_view>

namespace perennial::plugins::nginx {

namespace {

using service_config::numericHost;
using service_config::portsFrom;

Error wrong(const std::string& what) { return {ErrorKind::InvalidInput, "listen: " + what}; }

Result<std::string> hostFrom(const std::string& text)
{
    if (text == "*" || text.empty()) return std::string("0.0.0.0");
    if (text == "localhost") return std::string("127.0.0.1");
    if (auto host = numericHost(text)) return *host;
    const bool bracketed = text.front() == '[' && text.back() == ']';
    return wrong(bracketed ? "not an IPv6 address" : "a host name, which is not looked up");
}

Result<std::vector<ListenAddress>> addressesOf(const std::string& host, std::string_view text)
{
    const auto ports = portsFrom(text);
    if (!ports) return wrong(ports.error().message);
    std::vector<ListenAddress> addresses;
    for (const int port : *ports)
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

Result<Listen> parseListen(const std::vector<std::string>& arguments)
{
    if (arguments.empty()) return Error{ErrorKind::InvalidInput, "listen needs an address"};
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
