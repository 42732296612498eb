#include "shared/base/unix_stream.h"

#include "shared/base/file_descriptor.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace perennial {

namespace {

Error unavailable(const std::filesystem::path& path, const std::string& what)
{
    return {ErrorKind::Unavailable, path.string() + ": " + what};
}

} // namespace

Result<std::string> readStream(
    const std::filesystem::path& path, Duration timeout, std::size_t limit)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto text = path.string();
    if (text.size() >= sizeof address.sun_path)
        return Error{ErrorKind::InvalidInput, text + ": too long for a socket"};
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return Error{ErrorKind::Internal, "cannot make a socket"};
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (::connect(socket.get(), generic, sizeof address) != 0)
        return unavailable(path, std::strerror(errno));

    const SystemClock clock;
    const auto deadline = clock.monotonic() + std::chrono::milliseconds(timeout);
    std::string content;
    char buffer[65536];
    for (;;) {
        const auto left = (deadline - clock.monotonic()).count();
        if (left <= 0) return unavailable(path, "did not finish in time");
        pollfd wait{socket.get(), POLLIN, 0};
        if (::poll(&wait, 1, static_cast<int>(left)) < 0 && errno != EINTR)
            return unavailable(path, std::strerror(errno));
        if (wait.revents == 0) continue;
        const ssize_t count = ::read(socket.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return unavailable(path, std::strerror(errno));
        if (count == 0) return content;
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > limit) return unavailable(path, "wrote more than is taken");
    }
}

} // namespace perennial
