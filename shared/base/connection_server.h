#pragma once

#include "shared/base/clock.h"
#include "shared/base/unix_socket.h"

#include <functional>

namespace perennial {

// One child process for each connection: the process that waits stays as small as it is, and
// nothing that a caller sends gets near it.
struct ConnectionServing {
    std::function<void(const UnixSocket&)> serve; // in the child, which ends when this returns
    std::function<void()> upkeep;                 // in a child of its own, now and then
    Duration upkeepInterval{3600};
    std::size_t mostChildren = 8; // others wait in the listening queue
    Duration childLife{600};      // then it is killed
    Duration idleLife{0};         // without callers for so long the server ends; 0: never
};

// Until SIGTERM or SIGINT: then no more are accepted, and children end after what they are doing.
// prepareSignals() has been called, and there are no other threads and children.
Status serveConnections(const UnixSocket& listening, const ConnectionServing& how);

// What `make` returns, made in a child and passed over: what it takes to make it leaves nothing
// behind in this process.
Result<UnixSocket> socketFromChild(const std::function<Result<UnixSocket>()>& make);

// For serve: the next message, or the process's end when the server is stopping meanwhile.
Result<SocketMessage> receiveUnlessStopped(const UnixSocket& socket, Duration timeout);

} // namespace perennial
