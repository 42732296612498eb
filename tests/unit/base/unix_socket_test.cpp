#include "shared/base/unix_socket.h"

#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

using namespace perennial;
using perennial::test::TemporaryFolder;

namespace {

struct Pair {
    UnixSocket one, other;
};

Pair makePair()
{
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    for (const int end : ends) {
        const int room = static_cast<int>(UnixSocket::messageLimit);
        REQUIRE(::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    }
    return {UnixSocket(FileDescriptor(ends[0])), UnixSocket(FileDescriptor(ends[1]))};
}

std::size_t openDescriptors()
{
    std::size_t count = 0;
    for (int fd = 0; fd < 256; ++fd)
        count += ::fcntl(fd, F_GETFD) >= 0 ? 1U : 0U;
    return count;
}

} // namespace

TEST_CASE("a caller and a listener exchange whole messages and know each other's identity")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    const auto listener = UnixSocket::listen(path, 0660);
    REQUIRE(listener);
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777U) == 0660);

    const auto caller = UnixSocket::connect(path, Duration(5));
    REQUIRE(caller);
    const auto called = listener->accept(Duration(5));
    REQUIRE(called);
    CHECK(called->peer()->pid == ::getpid());
    CHECK(called->peer()->uid == ::geteuid());
    CHECK(called->peer()->gid == ::getegid());

    REQUIRE(caller->send("first"));
    REQUIRE(caller->send("second"));
    CHECK(called->receive(Duration(5))->content == "first");
    CHECK(called->receive(Duration(5))->content == "second");
    REQUIRE(called->send("answer"));
    CHECK(caller->receive(Duration(5))->content == "answer");
}

TEST_CASE("a message of the limit passes unprivileged, one byte more is refused before it is sent")
{
    const TemporaryFolder folder;
    const auto listener = UnixSocket::listen(folder / "socket", 0600);
    REQUIRE(listener);
    const auto caller = UnixSocket::connect(folder / "socket", Duration(5));
    REQUIRE(caller);
    const auto called = listener->accept(Duration(5));
    REQUIRE(called);

    std::string content(UnixSocket::messageLimit, 'x');
    content.back() = 'y';
    REQUIRE(caller->send(content));
    CHECK(called->receive(Duration(5))->content == content);
    REQUIRE(called->send(content));
    CHECK(caller->receive(Duration(5))->content == content);
    CHECK(caller->send(content + "x").error().kind == ErrorKind::InvalidInput);
    CHECK(caller->send("").error().kind == ErrorKind::InvalidInput);
}

TEST_CASE("a message over the limit from a hostile peer is dropped whole, with its descriptors")
{
    const auto pair = makePair();
    const std::string content(UnixSocket::messageLimit + 1, 'x');
    REQUIRE(::send(pair.one.descriptor(), content.data(), content.size(), 0) ==
            static_cast<ssize_t>(content.size()));
    REQUIRE(pair.one.send("next"));
    const auto refused = pair.other.receive(Duration(5));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::InvalidInput);
    CHECK(pair.other.receive(Duration(5))->content == "next");
}

TEST_CASE("descriptors travel with a message and do not leak into a later child")
{
    const TemporaryFolder folder;
    const auto path = folder.write("key", "content");
    const auto pair = makePair();
    {
        const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        REQUIRE(pair.one.send("take these", {file.get(), file.get()}));
    }
    const auto received = pair.other.receive(Duration(5));
    REQUIRE(received);
    REQUIRE(received->descriptors.size() == 2);
    for (const auto& descriptor : received->descriptors)
        CHECK((::fcntl(descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
    std::array<char, 16> buffer{};
    CHECK(::pread(received->descriptors[1].get(), buffer.data(), buffer.size(), 0) == 7);
    CHECK(std::string(buffer.data()) == "content");
}

TEST_CASE("more descriptors than the limit are refused on both sides and none stays open")
{
    const auto pair = makePair();
    const std::vector<int> tooMany(UnixSocket::descriptorLimit + 1, pair.one.descriptor());
    CHECK(pair.one.send("x", tooMany).error().kind == ErrorKind::InvalidInput);

    // What a hostile peer would send with its own code.
    std::array<char, 1024> control{};
    char byte = 'x';
    iovec bytes{&byte, 1};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(tooMany.size() * sizeof(int));
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(tooMany.size() * sizeof(int));
    std::copy_n(reinterpret_cast<const char*>(tooMany.data()), tooMany.size() * sizeof(int),
        reinterpret_cast<char*>(CMSG_DATA(part)));
    REQUIRE(::sendmsg(pair.one.descriptor(), &message, 0) == 1);

    const auto before = openDescriptors();
    CHECK(pair.other.receive(Duration(5)).error().kind == ErrorKind::InvalidInput);
    CHECK(openDescriptors() == before);
}

TEST_CASE("waiting for a message or a caller ends in time")
{
    const TemporaryFolder folder;
    const auto pair = makePair();
    CHECK(pair.one.receive(Duration(0)).error().kind == ErrorKind::Unavailable);
    CHECK(pair.one.receive(Duration(1)).error().kind == ErrorKind::Unavailable);
    const auto listener = UnixSocket::listen(folder / "socket", 0600);
    REQUIRE(listener);
    CHECK(listener->accept(Duration(0)).error().kind == ErrorKind::Unavailable);
}

TEST_CASE("a peer that went away is told by an empty message, and sending to it is no signal")
{
    auto pair = makePair();
    REQUIRE(pair.one.send("last words"));
    pair.one = UnixSocket(FileDescriptor());
    CHECK(pair.other.receive(Duration(5))->content == "last words");
    CHECK(pair.other.receive(Duration(5))->content.empty());
    CHECK(pair.other.send("x").error().kind == ErrorKind::Unavailable);
}

TEST_CASE("listening replaces a stale socket file and nothing else")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    CHECK(UnixSocket::connect(path, Duration(1)).error().kind == ErrorKind::NotFound);
    {
        const auto gone = UnixSocket::listen(path, 0600);
        REQUIRE(gone);
    }
    CHECK(UnixSocket::connect(path, Duration(1)).error().kind == ErrorKind::Unavailable);
    const auto listener = UnixSocket::listen(path, 0600);
    REQUIRE(listener);
    CHECK(UnixSocket::listen(path, 0600).error().kind == ErrorKind::Conflict);
    CHECK(UnixSocket::connect(path, Duration(1)));

    const auto file = folder.write("file", "precious");
    CHECK(UnixSocket::listen(file, 0600).error().kind == ErrorKind::InvalidInput);
    CHECK(std::filesystem::file_size(file) == 8);
    CHECK(UnixSocket::listen(folder / std::string(120, 'x'), 0600).error().kind ==
          ErrorKind::InvalidInput);
}

TEST_CASE("a full queue of callers is told as unavailable, not waited for without end")
{
    const TemporaryFolder folder;
    const auto listener = UnixSocket::listen(folder / "socket", 0600);
    REQUIRE(listener);
    std::vector<UnixSocket> callers;
    ErrorKind last = ErrorKind::Internal;
    for (int i = 0; i < 200; ++i) {
        auto caller = UnixSocket::connect(folder / "socket", Duration(1));
        if (!caller) {
            last = caller.error().kind;
            break;
        }
        callers.push_back(std::move(*caller));
    }
    CHECK(callers.size() < 200);
    CHECK(last == ErrorKind::Unavailable);
}

TEST_CASE("a listening socket that systemd passed is taken once, and only when meant for us")
{
    const TemporaryFolder folder;
    auto listener = UnixSocket::listen(folder / "socket", 0600);
    REQUIRE(listener);
    // In a child, because the descriptors' numbers are fixed.
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(listener->descriptor(), 3);
        const FileDescriptor plain(::open("/dev/null", O_RDONLY));
        ::dup2(plain.get(), 4);
        ::setenv("LISTEN_FDS", "2", 1);
        ::setenv("LISTEN_PID", "1", 1);
        if (!UnixSocket::fromSystemd().empty()) ::_exit(1);
        ::setenv("LISTEN_FDS", "2", 1);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        const auto passed = UnixSocket::fromSystemd();
        if (passed.size() != 1 || passed[0].descriptor() != 3) ::_exit(2);
        if ((::fcntl(3, F_GETFD) & FD_CLOEXEC) == 0) ::_exit(3);
        if (!UnixSocket::fromSystemd().empty()) ::_exit(4);
        if (passed[0].accept(Duration(0)).ok()) ::_exit(5);
        ::_exit(0);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a socket is quiet until something comes or the other side closes")
{
    Pair pair = makePair();
    CHECK(pair.one.isQuiet());
    REQUIRE(pair.other.send("x"));
    CHECK_FALSE(pair.one.isQuiet());
    REQUIRE(pair.one.receive(Duration(1)));
    CHECK(pair.one.isQuiet());
    pair.other = UnixSocket(FileDescriptor());
    CHECK_FALSE(pair.one.isQuiet());
}
