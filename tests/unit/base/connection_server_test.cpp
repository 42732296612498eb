#include "shared/base/connection_server.h"

#include "shared/base/capabilities.h"
#include "shared/base/file_system.h"
#include "shared/base/signals.h"
#include "tests/support/temporary_folder.h"

#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::TemporaryFolder;

namespace {

// A server in a process of its own, as a program would be.
class ServerProcess {
public:
    ServerProcess(const std::string& path, const ConnectionServing& how)
    {
        auto listening = UnixSocket::listen(path, 0600);
        REQUIRE(listening);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            for (const int number : {SIGTERM, SIGINT, SIGABRT, SIGALRM}) // doctest has its own
                std::signal(number, SIG_DFL);
            prepareSignals();
            ::_exit(serveConnections(*listening, how) ? 0 : 1);
        }
    }
    ~ServerProcess()
    {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        (void)end();
    }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    void signal(int number) const { ::kill(pid_, number); }
    int end() // waits; the exit status
    {
        int status = 0;
        if (pid_ > 0) ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t pid_ = -1;
};

void echo(const UnixSocket& caller)
{
    for (;;) {
        auto message = receiveUnlessStopped(caller, Duration(20));
        if (!message || message->content.empty()) return;
        if (message->content == "crash") ::abort();
        (void)caller.send(message->content + " " + std::to_string(::getpid()));
    }
}

std::string ask(const UnixSocket& socket, const std::string& text)
{
    if (!socket.send(text)) return "not sent";
    auto answer = socket.receive(Duration(20));
    return answer ? answer->content : answer.error().message;
}

// Runs in a process of its own and says whether the body was content.
bool inChild(const std::function<bool()>& body)
{
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

TEST_CASE("each caller gets a process of its own, and one that crashes harms no other")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    ServerProcess server(path, {.serve = echo, .upkeep = {}});
    const auto one = UnixSocket::connect(path, Duration(10));
    const auto other = UnixSocket::connect(path, Duration(10));
    REQUIRE(one);
    REQUIRE(other);
    const auto first = ask(*one, "hello");
    CHECK(first.starts_with("hello "));
    CHECK(ask(*one, "hello") == first);
    const auto second = ask(*other, "hello");
    CHECK(second.starts_with("hello "));
    CHECK(second != first);
    CHECK(ask(*one, "crash").empty());
    CHECK(ask(*other, "hello") == second);
    CHECK(ask(*UnixSocket::connect(path, Duration(10)), "hello").starts_with("hello "));
}

TEST_CASE("SIGTERM ends the server and the children that wait; SIGHUP does not")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    ServerProcess server(path, {.serve = echo, .upkeep = {}});
    const auto caller = UnixSocket::connect(path, Duration(10));
    REQUIRE(caller);
    CHECK(ask(*caller, "hello").starts_with("hello "));
    server.signal(SIGHUP);
    CHECK(ask(*caller, "still").starts_with("still "));
    CHECK(ask(*UnixSocket::connect(path, Duration(10)), "hello").starts_with("hello "));
    server.signal(SIGTERM);
    CHECK(server.end() == 0);
    CHECK(caller->receive(Duration(20))->content.empty()); // closed, not hanging
}

TEST_CASE("a child that is at work when the server stops ends its work first")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    const auto serve = [&](const UnixSocket& caller) {
        (void)receiveUnlessStopped(caller, Duration(20));
        (void)caller.send("begun");
        (void)caller.receive(Duration(20)); // its work: not to be interrupted
        PosixFileSystem files;
        (void)files.replace(folder / "done", "done");
        (void)receiveUnlessStopped(caller, Duration(20)); // here the stop counts
        (void)files.replace(folder / "too-far", "");
    };
    ServerProcess server(path, {.serve = serve, .upkeep = {}});
    const auto caller = UnixSocket::connect(path, Duration(10));
    REQUIRE(caller);
    CHECK(ask(*caller, "work") == "begun");
    server.signal(SIGTERM);
    // Nobody new is served meanwhile; the listening socket is gone with the server's loop.
    REQUIRE(caller->send("go on"));
    CHECK(server.end() == 0);
    CHECK(std::filesystem::exists(folder / "done"));
    CHECK_FALSE(std::filesystem::exists(folder / "too-far"));
}

TEST_CASE("a child that works for too long is killed")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    const auto serve = [](const UnixSocket& caller) { (void)caller.receive(Duration(60)); };
    ServerProcess server(path, {.serve = serve, .upkeep = {}, .childLife = Duration(1)});
    const auto caller = UnixSocket::connect(path, Duration(10));
    REQUIRE(caller);
    const auto ended = caller->receive(Duration(20));
    CHECK((!ended || ended->content.empty()));
}

TEST_CASE("upkeep comes round, and a server that nobody calls may end by itself")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    const auto upkeep = [&] {
        PosixFileSystem files;
        (void)files.replace(folder / "kept", "up");
    };
    ServerProcess server(path,
        {.serve = echo, .upkeep = upkeep, .upkeepInterval = Duration(1), .idleLife = Duration(2)});
    CHECK(ask(*UnixSocket::connect(path, Duration(10)), "hello").starts_with("hello "));
    CHECK(server.end() == 0);
    CHECK(std::filesystem::exists(folder / "kept"));
}

TEST_CASE("a socket made in a child is as good, and what went wrong there is told")
{
    const TemporaryFolder folder;
    const auto path = folder / "socket";
    const auto made = socketFromChild([&] { return UnixSocket::listen(path, 0600); });
    REQUIRE(made);
    CHECK(UnixSocket::connect(path, Duration(10)));
    CHECK(made->accept(Duration(10)));
    CHECK(socketFromChild([] { return UnixSocket(FileDescriptor()); })->descriptor() == -1);
    const auto failed = socketFromChild([]() -> Result<UnixSocket> {
        return Error{ErrorKind::Conflict, "somebody else listens"};
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::Conflict);
    CHECK(failed.error().message == "somebody else listens");
    const auto died = socketFromChild([]() -> Result<UnixSocket> { ::_exit(3); });
    REQUIRE_FALSE(died);
    CHECK(died.error().kind == ErrorKind::Internal);
}

TEST_CASE("capabilities that are given up are gone, and the kept ones are not")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: only root has capabilities to give up");
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.write("file", "text", 0600);
    REQUIRE(::chown(file.c_str(), 4242, 4242) == 0);
    CHECK(inChild([&] {
        return keepCapabilities({CAP_DAC_OVERRIDE}) && ::access(file.c_str(), R_OK) == 0 &&
               ::chown(file.c_str(), 0, 0) != 0 && ::sethostname("x", 1) != 0;
    }));
    CHECK(inChild([&] {
        return keepCapabilities({CAP_CHOWN}) &&
               PosixFileSystem().read(file).error().kind == ErrorKind::PermissionDenied &&
               ::chown(file.c_str(), 0, 0) == 0;
    }));
    CHECK(inChild([&] { // once gone they do not come back
        return keepCapabilities({}) && keepCapabilities({CAP_CHOWN}) &&
               ::chown(file.c_str(), 4242, 0) != 0;
    }));
}
