#pragma once

#include "shared/base/clock.h"
#include "shared/base/unix_socket.h"

#include <string>

namespace perennial::token_keeper {

// While it lives, this process ends when the time is over, wherever in foreign code it is: the
// caller is told so, and a turn that it has is given back by the kernel. One at a time.
class TimeLimit {
public:
    TimeLimit(const UnixSocket& caller, Duration limit);
    TimeLimit(const TimeLimit&) = delete;
    TimeLimit& operator=(const TimeLimit&) = delete;
    ~TimeLimit();

private:
    unsigned before_; // seconds that the process had left
};

} // namespace perennial::token_keeper
