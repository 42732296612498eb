#pragma once

#include "shared/base/clock.h"

#include <chrono>
#include <optional>
#include <utility>

namespace perennial::controller {

// Notices that somebody set the clock: it moved by something else than what really passed.
class ClockWatch {
public:
    static constexpr std::chrono::milliseconds tolerance{2000};

    struct Step {
        std::chrono::milliseconds by; // negative: set back
        PreciseTime before;
        PreciseTime after;
    };
    // Call regularly. The first call only remembers.
    std::optional<Step> look(const Clock& clock)
    {
        const auto now = clock.preciseNow();
        const auto elapsed = clock.monotonic();
        const auto last = std::exchange(last_, std::pair(now, elapsed));
        if (!last) return std::nullopt;
        const auto by = (now - last->first) - (elapsed - last->second);
        if (std::chrono::abs(by) < tolerance) return std::nullopt;
        return Step{by, last->first, now};
    }

private:
    std::optional<std::pair<PreciseTime, std::chrono::milliseconds>> last_;
};

} // namespace perennial::controller
