#include "plugins/listeners_discovery/socket_table.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

namespace perennial::plugins::listeners {

namespace {

std::string_view takeWord(std::string_view& line)
{
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

template <class Number>
std::optional<Number> fromHexadecimal(std::string_view text)
{
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Words of 32 bits, each written as a number of the machine although it is in network order.
std::optional<std::string> addressFrom(std::string_view text)
{
    std::array<unsigned char, 16> bytes{};
    if (text.size() != 8 && text.size() != 32) return std::nullopt;
    for (std::size_t i = 0; i * 8 < text.size(); ++i) {
        const auto word = fromHexadecimal<std::uint32_t>(text.substr(i * 8, 8));
        if (!word) return std::nullopt;
        std::memcpy(bytes.data() + i * 4, &*word, 4);
    }
    constexpr std::array<unsigned char, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const bool v4 = text.size() == 8;
    const bool v4InV6 = !v4 && std::equal(mapped.begin(), mapped.end(), bytes.begin());
    std::array<char, INET6_ADDRSTRLEN> shown{};
    if (::inet_ntop(v4 || v4InV6 ? AF_INET : AF_INET6, bytes.data() + (v4InV6 ? 12 : 0),
            shown.data(), shown.size()) == nullptr)
        return std::nullopt;
    return std::string(shown.data());
}

uid_t ownerFrom(std::string_view text)
{
    uid_t owner = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), owner);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? owner : ListeningSocket::nobody;
}

std::optional<ListeningSocket> socketFrom(std::string_view line)
{
    constexpr std::string_view listening = "0A"; // TCP_LISTEN
    takeWord(line);                              // the entry's number
    const auto local = takeWord(line);
    takeWord(line); // the other side
    const auto colon = local.rfind(':');
    if (takeWord(line) != listening || colon == std::string_view::npos) return std::nullopt;
    const auto host = addressFrom(local.substr(0, colon));
    const auto port = fromHexadecimal<std::uint16_t>(local.substr(colon + 1));
    if (!host || !port || *port == 0) return std::nullopt;
    takeWord(line); // what waits in both directions
    takeWord(line); // its timer
    takeWord(line); // what was sent again
    return ListeningSocket{*host, *port, ownerFrom(takeWord(line))};
}

} // namespace

std::vector<ListeningSocket> listeningSockets(std::string_view table)
{
    std::vector<ListeningSocket> sockets;
    while (!table.empty()) {
        const auto line = table.substr(0, table.find('\n'));
        table.remove_prefix(std::min(line.size() + 1, table.size()));
        if (auto socket = socketFrom(line)) sockets.push_back(*std::move(socket));
    }
    std::sort(sockets.begin(), sockets.end());
    sockets.erase(std::unique(sockets.begin(), sockets.end()), sockets.end());
    return sockets;
}

ListeningSocket reachable(ListeningSocket socket)
{
    if (socket.host == "0.0.0.0") socket.host = "127.0.0.1";
    if (socket.host == "::") socket.host = "::1";
    return socket;
}

} // namespace perennial::plugins::listeners
