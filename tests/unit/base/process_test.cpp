#include "shared/base/process.h"

#include "shared/base/unix_socket.h"
#include "tests/support/temporary_folder.h"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::TemporaryFolder;

namespace {

// A shell is only the test's own way to get a child that misbehaves.
Command script(const std::string& text)
{
    Command command;
    command.program = "/bin/sh";
    command.arguments = {"-c", text};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    return command;
}

Finished finished(const Command& command)
{
    auto done = run(command);
    REQUIRE_MESSAGE(done.ok(), (done ? "" : done.error().message));
    return std::move(*done);
}

// Whether the process has ended, or does so while we wait; a killed one takes a moment.
bool ended(pid_t pid, int milliseconds)
{
    const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    pollfd watched{process.get(), POLLIN, 0};
    return !process || ::poll(&watched, 1, milliseconds) == 1;
}

} // namespace

TEST_CASE("a child's exit status, output and error output come back apart")
{
    const auto done = finished(script("echo out; echo err >&2; exit 7"));
    CHECK(done.status == 7);
    CHECK(done.output == "out\n");
    CHECK(done.errorOutput == "err\n");
    CHECK(finished(script("kill -TERM $$")).status == 128 + SIGTERM);
    CHECK(finished(script("kill -KILL $$")).status == 128 + SIGKILL);
}

TEST_CASE("a child gets exactly the environment it was given and nothing of ours")
{
    Command command;
    command.program = "/usr/bin/env";
    CHECK(finished(command).output.empty());
    command.environment = {{"B", "two words"}, {"A", ""}};
    CHECK(finished(command).output == "A=\nB=two words\n");
}

TEST_CASE("arguments arrive as they are, without a shell between")
{
    Command command;
    command.program = "/usr/bin/printf";
    command.arguments = {"%s|", "$HOME", "a b", "", "*", "`id`"};
    CHECK(finished(command).output == "$HOME|a b||*|`id`|");
}

TEST_CASE("a child reads its input to the end, and may just as well ignore it")
{
    Command command;
    command.program = "/bin/cat";
    command.outputLimit = 4U << 20U;
    command.input = std::string(3'000'000, 'x') + std::string("\0\n", 2);
    CHECK(finished(command).output == command.input);
    command.program = "/bin/true";
    CHECK(finished(command).status == 0);
    command.program = "/bin/cat";
    command.input.clear();
    CHECK(finished(command).output.empty());
}

TEST_CASE("a child starts in its folder, leads its own group and holds no signal of ours back")
{
    const TemporaryFolder folder;
    auto command = script("pwd; ps -o pgid= -p $$ | tr -d ' '; echo $$");
    command.workingFolder = folder.path().string();
    auto output = finished(command).output;
    CHECK(output.starts_with(folder.path().string() + "\n"));
    output.erase(0, output.find('\n') + 1);
    const auto end = output.find('\n');
    CHECK(output.substr(0, end + 1) == output.substr(end + 1));

    sigset_t blocked, before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto oldPipe = std::signal(SIGPIPE, SIG_IGN);
    Command grep; // directly: the shell unblocks signals by itself
    grep.program = "/bin/grep";
    grep.arguments = {"-E", "Sig(Blk|Ign)", "/proc/self/status"};
    output = finished(grep).output;
    std::signal(SIGPIPE, oldPipe);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    // 32 and 33 are the C library's own, which posix_spawn ignores in every child.
    CHECK(output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n");
}

TEST_CASE("a child inherits no descriptor but those it is given, in their order")
{
    const TemporaryFolder folder;
    const auto one = folder.write("one", "1");
    const auto two = folder.write("two", "2");
    const FileDescriptor leaky(::open(one.c_str(), O_RDONLY)); // without O_CLOEXEC on purpose
    const FileDescriptor other(::open(two.c_str(), O_RDONLY | O_CLOEXEC));
    auto command = script("cat <&3; cat <&4");
    command.descriptors = {other.get(), leaky.get()};
    CHECK(finished(command).output == "21");
    command.program = "/bin/ls";
    command.arguments = {"/proc/self/fd"}; // ls opens that folder as one more
    CHECK(finished(command).output == "0\n1\n2\n3\n4\n5\n");
    command.descriptors.clear();
    CHECK(finished(command).output == "0\n1\n2\n3\n");
    command.descriptors = {-1};
    CHECK_FALSE(run(command));
}

TEST_CASE("a child that takes too long is killed with everything it started")
{
    const TemporaryFolder folder;
    auto command = script("sleep 600 & echo $! > " + folder / "pid" + "; echo slow >&2; wait");
    command.timeout = Duration(2);
    const auto done = run(command);
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == ErrorKind::Unavailable);
    CHECK(done.error().message.find("within 2s") != std::string::npos);
    CHECK(done.error().message.find("slow") != std::string::npos);
    pid_t grandchild = 0;
    std::ifstream(folder / "pid") >> grandchild;
    REQUIRE(grandchild > 0);
    CHECK(ended(grandchild, 10'000));
}

TEST_CASE("a child that writes more than its limit is killed, on either stream")
{
    for (const char* text : {"yes", "yes >&2"}) {
        auto command = script(text);
        command.outputLimit = 100'000;
        const auto done = run(command);
        REQUIRE_FALSE(done);
        CHECK(done.error().kind == ErrorKind::Unavailable);
        CHECK(done.error().message.find("100000 bytes") != std::string::npos);
        CHECK(done.error().message.size() < 1000);
    }
    auto exact = script("printf 12345");
    exact.outputLimit = 5;
    CHECK(finished(exact).output == "12345");
}

TEST_CASE("the end of the program counts, not that of what it left in the background")
{
    const TemporaryFolder folder;
    auto command = script("sleep 600 & echo $! > " + folder / "pid" + "; echo started");
    command.timeout = Duration(60);
    CHECK(finished(command).output == "started\n");
    pid_t background = 0;
    std::ifstream(folder / "pid") >> background;
    REQUIRE(background > 1);
    CHECK_FALSE(ended(background, 0));
    ::kill(background, SIGKILL);
}

TEST_CASE("what cannot be started says why")
{
    const TemporaryFolder folder;
    Command command;
    command.program = folder / "missing";
    CHECK(run(command).error().kind == ErrorKind::NotFound);
    command.program = folder.write("not-executable", "#!/bin/sh\n", 0644);
    CHECK(run(command).error().kind == ErrorKind::PermissionDenied);
    command.program = folder.path().string();
    CHECK(run(command).error().kind == ErrorKind::PermissionDenied);

    const auto refused = [](auto change) {
        Command wrong;
        wrong.program = "/bin/true";
        change(wrong);
        const auto done = run(wrong);
        return !done && done.error().kind == ErrorKind::InvalidInput;
    };
    CHECK_FALSE(refused([](Command&) {}));
    CHECK(refused([](Command& c) { c.program = "true"; }));
    CHECK(refused([](Command& c) { c.program = ""; }));
    CHECK(refused([](Command& c) { c.program += '\0'; }));
    CHECK(refused([](Command& c) { c.arguments = {std::string("a\0b", 3)}; }));
    CHECK(refused([](Command& c) { c.environment = {{"A=B", "c"}}; }));
    CHECK(refused([](Command& c) { c.environment = {{"", "c"}}; }));
    CHECK(refused([](Command& c) { c.environment = {{"A", std::string("\0", 1)}}; }));
}
