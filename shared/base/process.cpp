#include "shared/base/process.h"

#include "shared/base/child_start.h"
#include "shared/base/encoding.h"
#include "shared/base/system_error.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace perennial {

namespace {

struct Stream {
    FileDescriptor end;
    std::string content;
};

// Takes what is there now, and closes our end when the child's is closed. False: over the limit.
bool drain(Stream& stream, std::size_t limit)
{
    std::array<char, 16384> buffer;
    while (stream.end) {
        const ssize_t got = ::read(stream.end.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return true;
        if (got <= 0) {
            stream.end.reset();
            return true;
        }
        stream.content.append(buffer.data(), static_cast<std::size_t>(got));
        if (stream.content.size() > limit) return false;
    }
    return true;
}

// A started child. It never outlives this: whoever returns early kills its process group.
class Child {
public:
    explicit Child(StartedChild started)
        : pid_(started.pid), output_{std::move(started.output), {}},
          errorOutput_{std::move(started.errorOutput), {}},
          exit_(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)))
    {
    }
    ~Child()
    {
        if (pid_ <= 0) return;
        ::kill(-pid_, SIGKILL);
        (void)waitForEnd();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    Result<Finished> finish(const Command& command)
    {
        if (!exit_) return systemError("cannot watch " + command.program, errno);
        const Deadline deadline(command.timeout);
        for (;;) {
            std::array<pollfd, 3> watched = {pollfd{exit_.get(), POLLIN, 0},
                pollfd{output_.end.get(), POLLIN, 0}, pollfd{errorOutput_.end.get(), POLLIN, 0}};
            const int ready = ::poll(watched.data(), watched.size(), deadline.leftForPoll());
            if (ready < 0 && errno != EINTR)
                return systemError("cannot wait for " + command.program, errno);
            const bool ended = ready > 0 && watched[0].revents != 0;
            if (!drain(output_, command.outputLimit) || !drain(errorOutput_, command.outputLimit))
                return givenUp(
                    command, "wrote more than " + std::to_string(command.outputLimit) + " bytes");
            if (ended) break;
            if (deadline.over())
                return givenUp(command, "did not end within " + toText(command.timeout));
        }
        const int status = waitForEnd();
        return Finished{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            std::move(output_.content), std::move(errorOutput_.content)};
    }

private:
    Error givenUp(const Command& command, const std::string& why) const
    {
        std::string message = command.program + " " + why + " and was killed";
        if (!errorOutput_.content.empty())
            message += "; it said: " + toPrintable(errorOutput_.content, 400);
        return {ErrorKind::Unavailable, message};
    }
    int waitForEnd()
    {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
        pid_ = 0;
        return status;
    }

    pid_t pid_;
    Stream output_;
    Stream errorOutput_;
    FileDescriptor exit_; // becomes readable when the child has ended
};

} // namespace

Result<Finished> run(const Command& command)
{
    auto started = startChild(command);
    if (!started) return started.error();
    return Child(std::move(*started)).finish(command);
}

} // namespace perennial
