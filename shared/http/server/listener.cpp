#include "shared/http/server/listener.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace perennial::http {

namespace {

constexpr int backlog = 1024;

using AddressList =
    std::unique_ptr<addrinfo, decltype([](addrinfo* list) { ::freeaddrinfo(list); })>;

Error systemError(const Server::Listen& where, int number)
{
    const auto kind = number == EADDRINUSE ? ErrorKind::Conflict
                      : number == EACCES   ? ErrorKind::PermissionDenied
                                           : ErrorKind::InvalidInput;
    return {kind, "listening on " + where.host + " port " + std::to_string(where.port) + ": " +
                      std::strerror(number)};
}

bool set(int socket, int level, int option, int value)
{
    return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

std::string textOf(const sockaddr_storage& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        return text.data();
    }
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        ::inet_ntop(AF_INET, &v6.s6_addr[12], text.data(), text.size());
    } else {
        ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
    }
    return text.data();
}

} // namespace

Result<FileDescriptor> listenOn(const Server::Listen& where)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (where.port < 0 || where.port > 65'535 || where.host.empty() ||
        ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found) != 0)
        return systemError(where, EINVAL);
    const AddressList list(found);
    FileDescriptor socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // "::" takes IPv4 too, whatever this host's default says.
    const bool ready =
        socket && set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1) &&
        (list->ai_family != AF_INET6 || set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
        ::bind(socket.get(), list->ai_addr, list->ai_addrlen) == 0 &&
        ::listen(socket.get(), backlog) == 0;
    if (!ready) return systemError(where, errno);
    return socket;
}

int portOf(const FileDescriptor& listener)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.ss_family == AF_INET6
                     ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                     : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Accepted acceptFrom(const FileDescriptor& listener)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Accepted accepted;
    accepted.socket = FileDescriptor(::accept4(listener.get(),
        reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!accepted.socket) {
        accepted.exhausted =
            errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        return accepted;
    }
    set(accepted.socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    accepted.address = textOf(address);
    return accepted;
}

} // namespace perennial::http
