#include "plugins/listeners_discovery/socket_choice.h"

#include "shared/base/file_system.h"
#include "tests/support/child_process.h"

#include <algorithm>
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::plugins::listeners;

namespace {

std::string shown(const std::vector<ListeningSocket>& sockets)
{
    std::string text;
    for (const auto& socket : sockets)
        text += socket.host + "|" + std::to_string(socket.port) + " ";
    return text;
}

// As a little-endian kernel writes it.
const std::string head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";

} // namespace

TEST_CASE("the kernel's tables give the listening sockets, sorted, each once")
{
    CHECK(shown(listeningSockets(
              head + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:0\n"
                     "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:0\n"
                     "   2: 0100007F:0016 0100007F:9999 01 00000000:00000000 00:0\n"
                     "   3: 00000000:0050 00000000:0000 0A 00000000:00000000 00:0\n")) ==
          "0.0.0.0|80 127.0.0.1|8080 ");
    CHECK(shown(listeningSockets(
              head +
              " 0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A\n"
              " 1: 00000000000000000000000001000000:01BC 00000000000000000000000000000000:0000 0A\n"
              " 2: 0000000000000000FFFF00000100007F:01BD 00000000000000000000000000000000:0000 0A\n"
              " 3: B80D0120000000000000000001000000:01BE 00000000000000000000000000000000:0000 "
              "0A\n")) == "127.0.0.1|445 2001:db8::1|446 ::|443 ::1|444 ");
}

TEST_CASE("a socket has the user who made it, and nobody where the table does not say")
{
    const std::string socket = " 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 ";
    const auto owner = [&](const std::string& rest) {
        const auto sockets = listeningSockets(socket + rest);
        REQUIRE(sockets.size() == 1);
        return sockets[0].owner;
    };
    CHECK(owner("00000000 65534        0 123 1 0000000000000000 100 0 0 10 0\n") == 65'534);
    CHECK(owner("00000000     0        0 123 1 0000000000000000 100 0 0 10 0\n") == 0);
    for (const std::string odd : {"", "00000000", "00000000 0x0", "00000000 -1", "00000000 0a 0"})
        CHECK(owner(odd) == ListeningSocket::nobody);
}

TEST_CASE("lines of another form are passed over")
{
    for (const std::string line : {"", " ", "0: 0100007F 0:0 0A", "0: 0100007F:1F90",
             "0: :1F90 0 0A", "0: 0100007F:1F900 0 0A", "0: 0100007:1F90 0 0A",
             "0: 0100007G:1F90 0 0A", "0: 0100007F:0000 0 0A", "0: 0100007F:-001 0 0A",
             "0: 0100007F:1F90 0 0a", "0: 0100007F0100007F:1F90 0 0A"}) {
        CAPTURE(line);
        CHECK(listeningSockets(line).empty());
        CHECK(shown(listeningSockets(line + "\n 0: 0100007F:1F90 0 0A")) == "127.0.0.1|8080 ");
    }
}

TEST_CASE("sockets of this machine are in the tables of this machine")
{
    for (const int family : {AF_INET, AF_INET6}) {
        CAPTURE(family);
        const FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_addr = in6addr_loopback;
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* address = family == AF_INET ? reinterpret_cast<const sockaddr*>(&v4)
                                                : reinterpret_cast<const sockaddr*>(&v6);
        REQUIRE(::bind(socket.get(), address, family == AF_INET ? sizeof v4 : sizeof v6) == 0);
        REQUIRE(::listen(socket.get(), 1) == 0);
        sockaddr_in6 bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        const auto table = PosixFileSystem().read(
            family == AF_INET ? "/proc/self/net/tcp" : "/proc/self/net/tcp6", 64U << 20U);
        REQUIRE(table.ok());
        const auto sockets = listeningSockets(*table);
        const ListeningSocket mine{
            family == AF_INET ? "127.0.0.1" : "::1", ntohs(bound.sin6_port), ::geteuid()};
        CHECK(std::find(sockets.begin(), sockets.end(), mine) != sockets.end());
    }
}

TEST_CASE("only and except name sockets by where they listen or where they are looked at")
{
    const auto takes = [](const std::string& only, const std::string& except,
                           const ListeningSocket& socket) {
        const auto choice = SocketChoice::from(only, except);
        REQUIRE(choice.ok());
        return choice->takes(socket);
    };
    const ListeningSocket web{"0.0.0.0", 443};
    CHECK(takes("", "", web));
    CHECK(takes("0.0.0.0:443", "", web));
    CHECK(takes("127.0.0.1:443", "", web));
    CHECK(takes("127.0.0.1:80\n*:443", "", web));
    CHECK_FALSE(takes("192.0.2.1:443", "", web));
    CHECK_FALSE(takes("*:444", "", web));
    CHECK_FALSE(takes("", "*:443", web));
    CHECK_FALSE(takes("*:443", "127.0.0.1:443", web));
    CHECK(takes("[::]:443", "", {"::", 443}));
    CHECK(takes("[0:0::1]:443", "", {"::", 443}));
    CHECK_FALSE(takes("127.0.0.1:443", "", {"::", 443}));
}

TEST_CASE("a socket is named by its address, not with all of its port")
{
    const auto names = [](const std::string& only, const std::string& host) {
        const auto choice = SocketChoice::among(only);
        REQUIRE(choice.ok());
        return choice->names({host, 443});
    };
    CHECK(names("127.0.0.1:443", "127.0.0.1"));
    CHECK(names("127.0.0.1:443", "0.0.0.0"));
    CHECK(names("0.0.0.0:443", "127.0.0.1")); // as it is looked at
    CHECK_FALSE(names("127.0.0.1:443", "127.0.0.2"));
    CHECK_FALSE(names("*:443", "127.0.0.1"));
    CHECK_FALSE(names("127.0.0.1:80", "127.0.0.1"));
    CHECK_FALSE(SocketChoice::from("", "").value().names({"127.0.0.1", 443}));
}

TEST_CASE("what names no socket is refused")
{
    for (const std::string text : {"443", "127.0.0.1", "web:443", "127.0.0.1:0", "127.0.0.1:65536",
             "127.0.0.1:44x", "::1:443", "[::1]", "[127.0.0.1]:443", ":443", "*:", "\n"}) {
        CAPTURE(text);
        CHECK_FALSE(SocketChoice::from(text, "").ok());
        CHECK_FALSE(SocketChoice::from("", text).ok());
    }
}
