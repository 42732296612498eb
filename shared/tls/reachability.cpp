#include "shared/tls/reachability.h"

#include "shared/base/file_descriptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace perennial::tls {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype([](addrinfo* list) { freeaddrinfo(list); })>;

Result<AddressList> resolve(const std::string& host, const std::string& port, int flags)
{
    addrinfo hints{};
    hints.ai_flags = flags;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed =
        ::getaddrinfo(host.c_str(), port.empty() ? nullptr : port.c_str(), &hints, &found);
    if (failed != 0)
        return Error{ErrorKind::Unavailable, host + ": " + std::string(::gai_strerror(failed))};
    return AddressList(found);
}

} // namespace

Result<std::vector<std::string>> lookUp(const std::string& host)
{
    const auto list = resolve(host, "", AI_ADDRCONFIG);
    if (!list) return list.error();
    std::vector<std::string> addresses;
    for (const addrinfo* one = list->get(); one != nullptr; one = one->ai_next) {
        std::array<char, 64> text{};
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                NI_NUMERICHOST) != 0)
            continue;
        const std::string address(text.data());
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
            addresses.push_back(address);
    }
    if (addresses.empty()) return Error{ErrorKind::Unavailable, host + ": it has no address"};
    return addresses;
}

Status reach(const std::string& address, int port, Duration timeout)
{
    const auto list = resolve(address, std::to_string(port), AI_NUMERICHOST | AI_NUMERICSERV);
    if (!list) return list.error();
    const addrinfo* one = list->get();
    const auto failed = [](int error) {
        const auto kind = error == ECONNREFUSED ? ErrorKind::NotFound : ErrorKind::Unavailable;
        return Error{kind, std::strerror(error)};
    };
    const FileDescriptor socket(
        ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed(errno);
    if (::connect(socket.get(), one->ai_addr, one->ai_addrlen) == 0) return {};
    if (errno != EINPROGRESS) return failed(errno);
    const Deadline deadline(timeout);
    pollfd waiting{socket.get(), POLLOUT, 0};
    int ready = 0;
    do {
        ready = ::poll(&waiting, 1, deadline.leftForPoll());
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return failed(ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return failed(errno);
    if (error != 0) return failed(error);
    return {};
}

} // namespace perennial::tls
