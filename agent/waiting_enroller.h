#pragma once

#include "shared/base/process.h"
#include "shared/base/unix_socket.h"

#include <memory>
#include <thread>

namespace perennial::agent {

// A perennial-enroller that has prepared a request and waits, with the keys that it was lent, until
// it is told to send it. When this goes, it ends without having sent anything.
class WaitingEnroller {
public:
    static Result<std::unique_ptr<WaitingEnroller>> start(Command command);
    ~WaitingEnroller();
    WaitingEnroller(const WaitingEnroller&) = delete;
    WaitingEnroller& operator=(const WaitingEnroller&) = delete;

    // What it says when it has prepared; empty: it has ended, and finish() tells how.
    std::string hear(Duration timeout) const;
    Status tell(const std::string& message) const { return channel_.send(message); }
    Result<Finished> finish(); // waits for its end

private:
    WaitingEnroller(UnixSocket channel, FileDescriptor theirs, Command command);

    UnixSocket channel_;
    Result<Finished> finished_;
    std::jthread running_; // last: it writes into what is above
};

} // namespace perennial::agent
