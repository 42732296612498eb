// Sending and receiving on a UnixSocket.

#include "shared/base/system_error.h"
#include "shared/base/unix_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace perennial {

namespace {

// Room for the descriptors of one message, aligned as CMSG_* wants it.
struct alignas(cmsghdr) ControlRoom {
    std::array<char, CMSG_SPACE(UnixSocket::descriptorLimit * sizeof(int))> bytes{};
};

// False: the time is over.
bool waitFor(int socket, short event, const Deadline& deadline)
{
    while (!deadline.over()) {
        pollfd watched{socket, event, 0};
        if (::poll(&watched, 1, deadline.leftForPoll()) > 0) return true;
    }
    return false;
}

std::vector<FileDescriptor> descriptorsIn(msghdr& message)
{
    std::vector<FileDescriptor> descriptors;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            descriptors.emplace_back(fd);
        }
    }
    return descriptors;
}

// The size of the next message without taking it; 0 when the other side closed.
Result<std::size_t> nextSize(int socket, const Deadline& deadline)
{
    for (;;) {
        const ssize_t size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
        if (size >= 0) return static_cast<std::size_t>(size);
        if (errno != EAGAIN && errno != EINTR) return systemError("cannot receive", errno);
        if (!waitFor(socket, POLLIN, deadline))
            return Error{ErrorKind::Unavailable, "no message came in time"};
    }
}

} // namespace

Status UnixSocket::send(std::string_view content, const std::vector<int>& descriptors) const
{
    if (content.empty() || content.size() > messageLimit || descriptors.size() > descriptorLimit) {
        return Error{ErrorKind::InvalidInput,
            "a message has 1 to " + std::to_string(messageLimit) + " bytes and at most " +
                std::to_string(descriptorLimit) + " descriptors; this one has " +
                std::to_string(content.size()) + " and " + std::to_string(descriptors.size())};
    }
    iovec bytes{const_cast<char*>(content.data()), content.size()};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    ControlRoom room;
    if (!descriptors.empty()) {
        const std::size_t size = descriptors.size() * sizeof(int);
        message.msg_control = room.bytes.data();
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(part), descriptors.data(), size);
    }
    const Deadline deadline(sendTimeout);
    while (::sendmsg(descriptor_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN && errno != EINTR) return systemError("cannot send", errno);
        if (!waitFor(descriptor_.get(), POLLOUT, deadline))
            return Error{ErrorKind::Unavailable, "the other side takes no message"};
    }
    return {};
}

Result<SocketMessage> UnixSocket::receive(Duration timeout) const
{
    const Deadline deadline(timeout);
    const auto size = nextSize(descriptor_.get(), deadline);
    if (!size) return size.error();
    if (*size == 0) return SocketMessage{};
    if (*size > messageLimit) {
        ::recv(descriptor_.get(), nullptr, 0, MSG_DONTWAIT); // drops its descriptors too
        return Error{ErrorKind::InvalidInput,
            "a message of " + std::to_string(*size) + " bytes is over the limit"};
    }

    SocketMessage received;
    received.content.resize(*size);
    iovec bytes{received.content.data(), received.content.size()};
    ControlRoom room;
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = room.bytes.data();
    message.msg_controllen = room.bytes.size();
    ssize_t got = -1;
    do {
        got = ::recvmsg(descriptor_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return systemError("cannot receive", errno);
    received.descriptors = descriptorsIn(message); // owned from here, whatever comes next
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        return Error{ErrorKind::InvalidInput,
            "a message with more than " + std::to_string(descriptorLimit) + " descriptors"};
    }
    received.content.resize(static_cast<std::size_t>(got));
    return received;
}

bool UnixSocket::isQuiet() const
{
    pollfd watched{descriptor_.get(), POLLIN, 0};
    return ::poll(&watched, 1, 0) == 0;
}

} // namespace perennial
