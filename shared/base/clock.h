#pragma once

#include "shared/base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace perennial {

using TimePoint = std::chrono::sys_seconds;
using Duration = std::chrono::seconds;
using PreciseTime = std::chrono::sys_time<std::chrono::milliseconds>;

// The only way to learn what time it is. Code that decides takes `now` instead.
class Clock {
public:
    virtual ~Clock() = default;
    virtual PreciseTime preciseNow() const = 0; // UTC; for event times
    TimePoint now() const { return std::chrono::floor<Duration>(preciseNow()); }
    // Never goes back; for measuring how long something took.
    virtual std::chrono::milliseconds monotonic() const = 0;
};

class SystemClock final : public Clock {
public:
    PreciseTime preciseNow() const override;
    std::chrono::milliseconds monotonic() const override;
};

// A moment on the monotonic clock before which a call must end.
class Deadline {
public:
    explicit Deadline(std::chrono::milliseconds fromNow);
    std::chrono::milliseconds left() const; // never below zero
    int leftForPoll() const;                // the same, for poll(2)
    bool over() const { return left() == std::chrono::milliseconds::zero(); }

private:
    std::chrono::milliseconds end_;
};

// Years before 0000 and after 9999 are written as the nearest time that can be.
std::string toRfc3339(TimePoint time);   // 2026-11-21T06:00:00Z
std::string toRfc3339(PreciseTime time); // 2026-11-21T06:00:00.000Z
// Needs a zone: Z or +hh:mm. A fraction of a second is read and dropped; second 60 is refused.
Result<TimePoint> timeFromRfc3339(std::string_view text);

// "45s", "15m", "12h", "30d", "8w"; no sign, no fraction, no default unit, no leading zero, at most
// a hundred years.
Result<Duration> durationFromText(std::string_view text);
std::string toText(Duration duration); // the largest unit that divides it: "30d"

} // namespace perennial
