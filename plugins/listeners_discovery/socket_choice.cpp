#include "plugins/listeners_discovery/socket_choice.h"

#include "shared/base/encoding.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <sstream>

namespace perennial::plugins::listeners {

namespace {

Error wrong(const std::string& text)
{
    return {ErrorKind::InvalidInput,
        "\"" + toPrintable(text, 100) + "\" is not of the form 127.0.0.1:443, [::1]:443 or *:443"};
}

Result<ListeningSocket> socketFrom(const std::string& text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return wrong(text);
    auto host = text.substr(0, colon);
    const bool v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (v6) host = host.substr(1, host.size() - 2);
    std::array<unsigned char, 16> address{};
    std::array<char, INET6_ADDRSTRLEN> shown{};
    const int family = v6 ? AF_INET6 : AF_INET;
    if (host != "*") {
        if (::inet_pton(family, host.c_str(), address.data()) != 1 ||
            ::inet_ntop(family, address.data(), shown.data(), shown.size()) == nullptr)
            return wrong(text);
        host = shown.data();
    }
    int port = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end || port < 1 || port > 65'535)
        return wrong(text);
    return ListeningSocket{host, port, ListeningSocket::nobody};
}

Result<std::vector<ListeningSocket>> socketsFrom(const std::string& lines)
{
    std::vector<ListeningSocket> sockets;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
        auto socket = socketFrom(line);
        if (!socket) return socket.error();
        sockets.push_back(*std::move(socket));
    }
    return sockets;
}

bool isAmong(const std::vector<ListeningSocket>& named, const ListeningSocket& socket)
{
    return std::any_of(named.begin(), named.end(), [&](const auto& entry) {
        return entry.port == socket.port && (entry.host == "*" || entry.host == socket.host ||
                                                entry.host == reachable(socket).host);
    });
}

} // namespace

Result<SocketChoice> SocketChoice::among(const std::string& lines)
{
    auto sockets = socketsFrom(lines);
    if (!sockets) return sockets.error();
    SocketChoice choice;
    choice.only_ = *std::move(sockets);
    return choice;
}

Result<SocketChoice> SocketChoice::from(
    const std::string& onlyLines, const std::string& exceptLines)
{
    auto choice = among(onlyLines);
    if (!choice) return choice.error().in("only");
    auto except = socketsFrom(exceptLines);
    if (!except) return except.error().in("except");
    choice->except_ = *std::move(except);
    return choice;
}

bool SocketChoice::takes(const ListeningSocket& socket) const
{
    return (only_.empty() || isAmong(only_, socket)) && !isAmong(except_, socket);
}

bool SocketChoice::names(const ListeningSocket& socket) const
{
    return std::any_of(only_.begin(), only_.end(), [&](const auto& entry) {
        return entry.port == socket.port && reachable(entry).host == reachable(socket).host;
    });
}

} // namespace perennial::plugins::listeners
