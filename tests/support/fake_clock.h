#pragma once

#include "shared/base/clock.h"

#include <atomic>

namespace perennial::test {

class FakeClock final : public Clock {
public:
    explicit FakeClock(TimePoint start)
        : milliseconds_(PreciseTime(start).time_since_epoch().count())
    {
    }
    PreciseTime preciseNow() const override
    {
        return PreciseTime(std::chrono::milliseconds(milliseconds_.load() + jumped_.load()));
    }
    std::chrono::milliseconds monotonic() const override
    {
        return std::chrono::milliseconds(milliseconds_.load());
    }
    void advance(Duration by) { milliseconds_ += std::chrono::milliseconds(by).count(); }
    // Somebody sets the clock: the time changes, the monotonic one does not.
    void jump(Duration by) { jumped_ += std::chrono::milliseconds(by).count(); }

private:
    std::atomic<std::int64_t> milliseconds_;
    std::atomic<std::int64_t> jumped_{0};
};

} // namespace perennial::test
