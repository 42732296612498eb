#include "agent/waiting_enroller.h"

#include "shared/base/system_error.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <system_error>

namespace perennial::agent {

Result<std::unique_ptr<WaitingEnroller>> WaitingEnroller::start(Command command)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return systemError("cannot make a socket", errno);
    UnixSocket ours{FileDescriptor(ends[0])};
    FileDescriptor theirs(ends[1]);
    try {
        return std::unique_ptr<WaitingEnroller>(
            new WaitingEnroller(std::move(ours), std::move(theirs), std::move(command)));
    } catch (const std::system_error& error) {
        return systemError("cannot start a thread", error.code().value());
    }
}

// Our copy of the child's end is closed when the child has ended, so that hear() notices.
WaitingEnroller::WaitingEnroller(UnixSocket channel, FileDescriptor theirs, Command command)
    : channel_(std::move(channel)), finished_(Error{ErrorKind::Internal, "it has not ended"}),
      running_([this, given = std::move(theirs), asked = std::move(command)]() mutable {
          asked.descriptors = {given.get()};
          finished_ = run(asked);
          given.reset();
      })
{
}

WaitingEnroller::~WaitingEnroller() { (void)finish(); }

std::string WaitingEnroller::hear(Duration timeout) const
{
    auto message = channel_.receive(timeout);
    return message ? std::move(message->content) : std::string();
}

Result<Finished> WaitingEnroller::finish()
{
    // What was told before is still heard, and then the end of it.
    ::shutdown(channel_.descriptor(), SHUT_WR);
    if (running_.joinable()) running_.join();
    return finished_;
}

} // namespace perennial::agent
