#include "shared/base/unix_socket.h"

#include "shared/base/system_error.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace perennial {

namespace {

constexpr int waitingCalls = 64;
constexpr int firstSystemdDescriptor = 3; // sd_listen_fds(3)
constexpr int mostSystemdDescriptors = 64;

Result<sockaddr_un> addressOf(const std::filesystem::path& path)
{
    const std::string& text = path.native();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (text.empty() || text.size() >= sizeof address.sun_path ||
        text.find('\0') != std::string::npos) {
        return Error{ErrorKind::InvalidInput, "a socket's path has 1 to " +
                                                  std::to_string(sizeof address.sun_path - 1) +
                                                  " bytes, which " + text + " has not"};
    }
    std::memcpy(address.sun_path, text.data(), text.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

Result<FileDescriptor> newSocket()
{
    FileDescriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!socket) return systemError("cannot make a socket", errno);
    return socket;
}

// Room for one message of the limit; the kernel doubles what it is asked for.
void makeRoom(int socket)
{
    const int room = static_cast<int>(UnixSocket::messageLimit);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

int option(int socket, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// 0, or errno.
int connectWithin(int socket, const sockaddr_un& address, Duration timeout)
{
    // A Unix socket's connect() waits for room in the queue, within the time limit for sending.
    const timeval limit{std::max<std::int64_t>(1, timeout.count()), 0};
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    while (::connect(socket, generic(address), sizeof address) != 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

// Takes a socket file away that nobody listens on any more.
Status removeStale(const std::filesystem::path& path, const sockaddr_un& address)
{
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        if (errno == ENOENT) return {};
        return systemError("cannot inspect " + path.string(), errno);
    }
    if (!S_ISSOCK(found.st_mode))
        return Error{ErrorKind::InvalidInput, path.string() + " is there and is not a socket"};
    auto probe = newSocket();
    if (!probe) return probe.error();
    const int failed = connectWithin(probe->get(), address, Duration(1));
    if (failed != ECONNREFUSED && failed != ENOENT)
        return Error{ErrorKind::Conflict, "somebody else listens on " + path.string()};
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return systemError("cannot remove the stale socket " + path.string(), errno);
    return {};
}

int numberFrom(const char* name)
{
    const char* text = std::getenv(name);
    if (text == nullptr) return -1;
    const std::string_view digits(text);
    int number = -1;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc() && read.ptr == digits.data() + digits.size() ? number : -1;
}

} // namespace

Result<UnixSocket> UnixSocket::connect(const std::filesystem::path& path, Duration timeout)
{
    const auto address = addressOf(path);
    if (!address) return address.error();
    auto socket = newSocket();
    if (!socket) return socket.error();
    makeRoom(socket->get());
    if (const int failed = connectWithin(socket->get(), *address, timeout); failed != 0)
        return systemError("cannot connect to " + path.string(), failed);
    return UnixSocket(std::move(*socket));
}

Result<UnixSocket> UnixSocket::listen(const std::filesystem::path& path, mode_t mode)
{
    const auto address = addressOf(path);
    if (!address) return address.error();
    if (auto removed = removeStale(path, *address); !removed) return removed.error();
    auto socket = newSocket();
    if (!socket) return socket.error();
    // Nobody can connect between bind and listen, so the mode is right before the first caller.
    if (::bind(socket->get(), generic(*address), sizeof *address) != 0)
        return systemError("cannot bind " + path.string(), errno);
    if (::chmod(path.c_str(), mode) != 0 || ::fcntl(socket->get(), F_SETFL, O_NONBLOCK) != 0 ||
        ::listen(socket->get(), waitingCalls) != 0) {
        const int failed = errno;
        ::unlink(path.c_str());
        return systemError("cannot listen on " + path.string(), failed);
    }
    return UnixSocket(std::move(*socket));
}

std::vector<UnixSocket> UnixSocket::fromSystemd()
{
    const bool ours = numberFrom("LISTEN_PID") == ::getpid();
    const int count = std::min(numberFrom("LISTEN_FDS"), mostSystemdDescriptors);
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(name);
    std::vector<UnixSocket> sockets;
    for (int fd = firstSystemdDescriptor; ours && fd < firstSystemdDescriptor + count; ++fd) {
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;
        const bool fits = option(fd, SO_DOMAIN) == AF_UNIX &&
                          option(fd, SO_TYPE) == SOCK_SEQPACKET && option(fd, SO_ACCEPTCONN) == 1;
        if (fits && ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0) sockets.emplace_back(FileDescriptor(fd));
    }
    return sockets;
}

Result<UnixSocket> UnixSocket::accept(Duration timeout) const
{
    const Deadline deadline(timeout);
    for (;;) {
        FileDescriptor caller(::accept4(descriptor_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (caller) {
            makeRoom(caller.get());
            return UnixSocket(std::move(caller));
        }
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            return systemError("cannot accept a connection", errno);
        if (deadline.over()) return Error{ErrorKind::Unavailable, "nobody connected in time"};
        pollfd watched{descriptor_.get(), POLLIN, 0};
        ::poll(&watched, 1, deadline.leftForPoll());
    }
}

Result<PeerCredentials> UnixSocket::peer() const
{
    ucred found{};
    socklen_t size = sizeof found;
    if (::getsockopt(descriptor_.get(), SOL_SOCKET, SO_PEERCRED, &found, &size) != 0)
        return systemError("cannot ask who is at the other end of a socket", errno);
    return PeerCredentials{found.pid, found.uid, found.gid};
}

} // namespace perennial
