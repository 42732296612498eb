#include "shared/service_config/listen_address.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>

namespace perennial::service_config {

namespace {

constexpr int mostPorts = 100;

std::optional<std::string> shortest(int family, const std::string& host)
{
    std::array<unsigned char, 16> address{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_pton(family, host.c_str(), address.data()) != 1 ||
        ::inet_ntop(family, address.data(), text.data(), text.size()) == nullptr)
        return std::nullopt;
    return std::string(text.data());
}

} // namespace

std::string toText(const ListenAddress& address)
{
    return (isV6(address.host) ? "[" + address.host + "]" : address.host) + ":" +
           std::to_string(address.port);
}

bool isEveryAddress(const std::string& host) { return host == "0.0.0.0" || host == "::"; }
bool isV6(const std::string& host) { return host.find(':') != std::string::npos; }

std::optional<std::string> numericHost(const std::string& text)
{
    if (text.size() > 2 && text.front() == '[' && text.back() == ']')
        return shortest(AF_INET6, text.substr(1, text.size() - 2));
    return shortest(isV6(text) ? AF_INET6 : AF_INET, text);
}

std::optional<int> portFrom(std::string_view text)
{
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65'535)
        return std::nullopt;
    return port;
}

Result<std::vector<int>> portsFrom(std::string_view text)
{
    const auto dash = text.find('-');
    const auto first = portFrom(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : portFrom(text.substr(dash + 1));
    if (!first || !last || *last < *first) return Error{ErrorKind::InvalidInput, "not a port"};
    if (*last - *first >= mostPorts)
        return Error{ErrorKind::InvalidInput, "a range of more than 100 ports"};
    std::vector<int> ports;
    for (int port = *first; port <= *last; ++port)
        ports.push_back(port);
    return ports;
}

std::optional<std::string> reachableHost(
    const std::string& host, const std::function<bool(const std::string&)>& isTaken)
{
    if (host == "::") return isTaken("::1") ? std::nullopt : std::optional<std::string>("::1");
    if (host != "0.0.0.0") return host;
    for (int last = 1; last < 255; ++last) {
        auto loopback = "127.0.0." + std::to_string(last);
        if (!isTaken(loopback)) return loopback;
    }
    return std::nullopt;
}

} // namespace perennial::service_config
