#include "shared/base/connection_server.h"

#include "shared/base/memory.h"
#include "shared/base/system_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <set>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace perennial {

namespace {

sigset_t setOf(std::initializer_list<int> numbers)
{
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int number : numbers)
        ::sigaddset(&signals, number);
    return signals;
}

class Server {
public:
    explicit Server(const ConnectionServing& how) : how_(how) {}
    ~Server()
    {
        for (const pid_t child : children_)
            ::kill(child, SIGTERM);
        for (const pid_t child : children_)
            while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {}
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Status run(const UnixSocket& listening)
    {
        const sigset_t watched = setOf({SIGCHLD, SIGTERM, SIGINT, SIGHUP});
        ::sigprocmask(SIG_BLOCK, &watched, nullptr);
        const FileDescriptor signals(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!signals) return systemError("cannot wait for signals", errno);
        open_ = {listening.descriptor(), signals.get()};
        Deadline upkeep(how_.upkeepInterval);
        Deadline idle(how_.idleLife);
        for (;;) {
            if (children_.empty()) giveBackMemory();
            const bool room = children_.size() < how_.mostChildren;
            std::array<pollfd, 2> ready = {pollfd{signals.get(), POLLIN, 0},
                pollfd{room ? listening.descriptor() : -1, POLLIN, 0}};
            const bool mayEnd = how_.idleLife > Duration(0) && children_.empty();
            const int wait =
                mayEnd ? std::min(idle.leftForPoll(), upkeep.leftForPoll()) : upkeep.leftForPoll();
            if (::poll(ready.data(), ready.size(), wait) < 0 && errno != EINTR)
                return systemError("cannot wait for callers", errno);
            if (ready[0].revents != 0 && stopAsked(signals.get())) return {};
            if (ready[1].revents != 0) {
                idle = Deadline(how_.idleLife);
                auto caller = listening.accept(Duration(0));
                if (caller) inChild([&] { how_.serve(*caller); });
                // Trying again at once, without end, would help nobody.
                else if (caller.error().kind != ErrorKind::Unavailable)
                    return caller.error();
            } else if (mayEnd && idle.over()) {
                return {};
            }
            if (how_.upkeep && upkeep.over()) {
                upkeep = Deadline(how_.upkeepInterval);
                inChild(how_.upkeep);
            }
        }
    }

private:
    bool stopAsked(int signals)
    {
        signalfd_siginfo signal{};
        bool stop = false;
        while (::read(signals, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal))
            stop = stop || signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT;
        for (;;) { // one SIGCHLD may stand for several children
            const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
            if (ended <= 0) return stop;
            children_.erase(ended);
        }
    }

    void inChild(const std::function<void()>& work)
    {
        const pid_t child = ::fork();
        if (child > 0) children_.insert(child);
        if (child != 0) return; // a fork that failed: the caller sees a closed connection
        for (const int descriptor : open_)
            ::close(descriptor);
        const sigset_t childs = setOf({SIGCHLD});
        ::sigprocmask(SIG_UNBLOCK, &childs, nullptr);
        ::alarm(static_cast<unsigned>(how_.childLife.count()));
        work();
        ::_exit(0);
    }

    const ConnectionServing& how_;
    std::set<pid_t> children_;
    std::array<int, 2> open_{-1, -1};
};

} // namespace

Status serveConnections(const UnixSocket& listening, const ConnectionServing& how)
{
    return Server(how).run(listening);
}

Result<UnixSocket> socketFromChild(const std::function<Result<UnixSocket>()>& make)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return systemError("cannot make a socket", errno);
    const UnixSocket ours{FileDescriptor(ends[0])};
    FileDescriptor theirs(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) return systemError("cannot start a process", errno);
    if (child == 0) {
        const UnixSocket parent(std::move(theirs));
        const auto made = make();
        std::vector<int> passed;
        if (made && made->descriptor() >= 0) passed.push_back(made->descriptor());
        (void)parent.send(
            made ? "made" : std::string(nameOf(made.error().kind)) + " " + made.error().message,
            passed);
        ::_exit(0);
    }
    theirs.reset();
    auto said = ours.receive(Duration(60));
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {}
    if (!said) return said.error();
    if (said->content == "made")
        return UnixSocket(
            said->descriptors.empty() ? FileDescriptor() : std::move(said->descriptors[0]));
    const auto space = said->content.find(' ');
    const auto kind = errorKindOf(said->content.substr(0, space));
    if (!kind || space == std::string::npos)
        return Error{
            ErrorKind::Internal, "a process that was to make a socket ended before it had"};
    return Error{*kind, said->content.substr(space + 1)};
}

Result<SocketMessage> receiveUnlessStopped(const UnixSocket& socket, Duration timeout)
{
    const sigset_t stops = setOf({SIGTERM, SIGINT});
    ::sigprocmask(SIG_UNBLOCK, &stops, nullptr); // their default ends the process
    auto message = socket.receive(timeout);
    ::sigprocmask(SIG_BLOCK, &stops, nullptr);
    return message;
}

} // namespace perennial
