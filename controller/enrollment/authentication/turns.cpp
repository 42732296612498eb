#include "controller/enrollment/authentication/turns.h"

namespace perennial::enrollment::server {

std::optional<Turns::Turn> Turns::take()
{
    std::unique_lock lock(mutex_);
    if (running_ >= atOnce_) {
        if (queued_ >= waiting_) return std::nullopt;
        ++queued_;
        ended_.wait(lock, [&] { return running_ < atOnce_; });
        --queued_;
    }
    ++running_;
    return Turn(*this);
}

void Turns::end()
{
    {
        const std::lock_guard lock(mutex_);
        --running_;
    }
    ended_.notify_one();
}

} // namespace perennial::enrollment::server
