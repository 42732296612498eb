#include "tests/support/child_process.h"

#include "shared/base/clock.h"
#include "shared/base/unix_socket.h"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstddef>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace perennial::test {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience{30'000};

sockaddr_storage socketAddress(const std::string& address, int port, socklen_t& size)
{
    sockaddr_storage storage{};
    if (address.find(':') != std::string::npos) {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(static_cast<std::uint16_t>(port));
        REQUIRE(::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1);
        size = sizeof(sockaddr_in6);
    } else {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(static_cast<std::uint16_t>(port));
        REQUIRE(::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1);
        size = sizeof(sockaddr_in);
    }
    return storage;
}

bool accepts(const std::string& address, int port)
{
    socklen_t size = 0;
    const auto to = socketAddress(address, port, size);
    const FileDescriptor probe(::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&to), size) == 0;
}

// Runs in the child between fork and exec: only calls that are safe there.
[[noreturn]] void become(
    char* const* arguments, const char* folder, int input, int output, pid_t parent)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() == parent && ::chdir(folder) == 0) ::execv(arguments[0], arguments);
    ::_exit(127);
}

pid_t spawn(
    const std::vector<std::string>& command, const std::string& folder, int input, int output)
{
    std::vector<char*> arguments;
    for (const auto& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) become(arguments.data(), folder.c_str(), input, output, parent);
    return pid;
}

int memoryFile(const std::string& content = "")
{
    const int file = ::memfd_create("test", MFD_CLOEXEC);
    REQUIRE(file >= 0);
    REQUIRE(::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    REQUIRE(::lseek(file, 0, SEEK_SET) == 0);
    return file;
}

std::string contentOf(int file)
{
    std::string content;
    std::array<char, 4096> block{};
    for (ssize_t got = 0;
         (got = ::pread(file, block.data(), block.size(), static_cast<off_t>(content.size()))) > 0;)
        content.append(block.data(), static_cast<std::size_t>(got));
    return content;
}

bool waitReadable(int descriptor, milliseconds limit)
{
    pollfd waiting{descriptor, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) > 0;
}

} // namespace

int freePort()
{
    static std::vector<FileDescriptor> held; // taken until this process ends
    static std::mt19937 random{std::random_device()()};
    for (int attempt = 0; attempt < 1000; ++attempt) {
        const int port = std::uniform_int_distribution(10000, 32767)(random); // callers get others
        FileDescriptor claim(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        const auto text = "perennial-lab-port-" + std::to_string(port); // as in deploy/lab
        text.copy(name.sun_path + 1, sizeof name.sun_path - 1);         // an abstract name
        const auto size = offsetof(sockaddr_un, sun_path) + 1 + text.size();
        if (::bind(claim.get(), reinterpret_cast<const sockaddr*>(&name),
                static_cast<socklen_t>(size)) != 0)
            continue;
        // Both families.
        const FileDescriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(static_cast<std::uint16_t>(port));
        if (::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            continue;
        held.push_back(std::move(claim));
        return port;
    }
    FAIL("no free port");
    return 0;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command, const std::string& folder)
    : program_(command.at(0)), output_(memoryFile())
{
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const FileDescriptor input(pipe[0]);
    input_ = FileDescriptor(pipe[1]);
    pid_ = spawn(command, folder, input.get(), output_.get());
    process_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    REQUIRE(process_);
}

void ChildProcess::waitForPort(int port, const std::string& address)
{
    const Deadline deadline(patience);
    while (!accepts(address, port)) {
        const bool ended = waitReadable(process_.get(), milliseconds(10));
        REQUIRE_MESSAGE(!ended, program_, " ended: ", output());
        REQUIRE_MESSAGE(!deadline.over(), program_, " does not listen: ", output());
    }
}

void ChildProcess::say(const std::string& text) const
{
    const auto written = ::write(input_.get(), text.data(), text.size());
    REQUIRE(written == static_cast<ssize_t>(text.size()));
}

void ChildProcess::waitForOutput(const std::string& text)
{
    const Deadline deadline(patience);
    while (output().find(text) == std::string::npos) {
        const bool ended = waitReadable(process_.get(), milliseconds(5));
        const bool late = output().find(text) != std::string::npos;
        REQUIRE_MESSAGE((late || !ended), program_, " ended without ", text, ": ", output());
        REQUIRE_MESSAGE(
            (late || !deadline.over()), program_, " does not say ", text, ": ", output());
    }
}

void ChildProcess::waitForUnixSocket(const std::string& path)
{
    const Deadline deadline(patience);
    while (!UnixSocket::connect(path, Duration(1))) {
        const bool ended = waitReadable(process_.get(), milliseconds(10));
        REQUIRE_MESSAGE(!ended, program_, " ended: ", output());
        REQUIRE_MESSAGE(!deadline.over(), program_, " does not listen: ", output());
    }
}

void ChildProcess::signal(int number) const
{
    if (pid_ > 0) ::kill(pid_, number);
}

bool ChildProcess::reap(bool block)
{
    if (pid_ < 0) return true;
    int status = 0;
    if (::waitpid(pid_, &status, block ? 0 : WNOHANG) != pid_) return false;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pid_ = -1;
    return true;
}

bool ChildProcess::running() { return !reap(false); }

int ChildProcess::stop()
{
    if (!reap(false)) {
        signal(SIGTERM);
        if (!waitReadable(process_.get(), milliseconds(5000))) signal(SIGKILL);
        reap(true);
    }
    return status_;
}

std::string ChildProcess::output() { return contentOf(output_.get()); }

ToolRun runTool(
    const std::vector<std::string>& command, const std::string& input, int timeoutSeconds)
{
    const FileDescriptor in(memoryFile(input));
    const FileDescriptor out(memoryFile());
    const pid_t pid = spawn(command, "/", in.get(), out.get());
    const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const bool ended = waitReadable(process.get(), std::chrono::seconds(timeoutSeconds));
    if (!ended) ::kill(pid, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    ToolRun run;
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (!ended) run.status = 124;
    run.output = contentOf(out.get());
    return run;
}

std::string mustRun(const std::vector<std::string>& command, const std::string& input)
{
    auto run = runTool(command, input);
    std::string text;
    for (const auto& argument : command)
        text += argument + " ";
    REQUIRE_MESSAGE(run.status == 0, text, "\n", run.output);
    return run.output;
}

} // namespace perennial::test
