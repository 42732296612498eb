#include "shared/base/signals.h"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace perennial;

namespace {

// These calls change the whole process, so each test has one of its own.
int statusOfChild(const std::function<int()>& body)
{
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

TEST_CASE("after preparing, a closed pipe is an error and no signal")
{
    CHECK(statusOfChild([] {
        prepareSignals();
        int ends[2];
        if (::pipe(ends) != 0) return 1;
        ::close(ends[0]);
        return ::write(ends[1], "x", 1) < 0 && errno == EPIPE ? 0 : 2;
    }) == 0);
}

TEST_CASE("SIGTERM and SIGINT ask to stop, SIGHUP to reload, and none of them is lost or kills")
{
    CHECK(statusOfChild([] {
        prepareSignals();
        ::kill(::getpid(), SIGHUP);
        if (waitForSignal() != Signal::Reload) return 1;
        ::kill(::getpid(), SIGTERM);
        if (waitForSignal() != Signal::Stop) return 2;
        ::kill(::getpid(), SIGINT);
        if (waitForSignal() != Signal::Stop) return 3;
        return 0;
    }) == 0);
}

TEST_CASE("a hardened process leaves no core dump and cannot be traced by its own user")
{
    CHECK(statusOfChild([] {
        hardenProcess();
        rlimit limit{1, 1};
        if (::getrlimit(RLIMIT_CORE, &limit) != 0) return 1;
        if (limit.rlim_cur != 0 || limit.rlim_max != 0) return 2;
        return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 3;
    }) == 0);
}
