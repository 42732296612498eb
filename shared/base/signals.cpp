#include "shared/base/signals.h"

#include <csignal>
#include <cstdlib>
#include <initializer_list>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace perennial {

namespace {

sigset_t awaited()
{
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&signals, signal);
    return signals;
}

} // namespace

void prepareSignals()
{
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = awaited();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Signal waitForSignal()
{
    const sigset_t signals = awaited();
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) std::abort(); // only for a set that is none
    return signal == SIGHUP ? Signal::Reload : Signal::Stop;
}

void hardenProcess()
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

} // namespace perennial
