#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace perennial::enrollment::server {

// Costly work (scrypt takes 32 MiB and tens of milliseconds, a directory seconds when it is down)
// is done by so many threads at a time; so many more wait for them, and everybody else is told to
// come again. The server's other threads stay free for callers who prove themselves by key.
class Turns {
public:
    Turns(int atOnce, int waiting) : atOnce_(atOnce), waiting_(waiting) {}

    class Turn {
    public:
        explicit Turn(Turns& turns) : turns_(&turns) {}
        Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
        Turn& operator=(Turn&&) = delete;
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn()
        {
            if (turns_ != nullptr) turns_->end();
        }

    private:
        Turns* turns_;
    };
    std::optional<Turn> take(); // nothing: too many are waiting already

private:
    void end();

    const int atOnce_;
    const int waiting_;
    std::mutex mutex_;
    std::condition_variable ended_;
    int running_ = 0;
    int queued_ = 0;
};

} // namespace perennial::enrollment::server
