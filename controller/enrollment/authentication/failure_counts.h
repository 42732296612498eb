#pragma once

#include "shared/base/clock.h"

#include <map>
#include <optional>
#include <string>

namespace perennial::enrollment::server {

// Failures by key, counted for a quarter of an hour from the first one on. In memory and bounded;
// one thread.
class FailureCounts {
public:
    static constexpr Duration period = std::chrono::minutes(15);
    static constexpr std::size_t remembered = 10'000;

    explicit FailureCounts(int limit) : limit_(limit) {}

    bool isFull(const std::string& key, TimePoint now);
    void add(const std::string& key, TimePoint now);
    void takeBack(const std::string& key);
    void forget(const std::string& key) { counts_.erase(key); }
    // Until when it is full; told once for each time it gets so.
    std::optional<TimePoint> newlyFull(const std::string& key, TimePoint now);

private:
    struct Count {
        int failures = 0;
        TimePoint since;
        bool told = false;
    };

    int limit_;
    std::map<std::string, Count> counts_;
};

} // namespace perennial::enrollment::server
