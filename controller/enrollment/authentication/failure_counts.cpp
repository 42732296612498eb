#include "controller/enrollment/authentication/failure_counts.h"

#include <algorithm>
#include <utility>

namespace perennial::enrollment::server {

bool FailureCounts::isFull(const std::string& key, TimePoint now)
{
    const auto found = counts_.find(key);
    if (found == counts_.end()) return false;
    if (now - found->second.since > period) {
        counts_.erase(found);
        return false;
    }
    return found->second.failures >= limit_;
}

void FailureCounts::add(const std::string& key, TimePoint now)
{
    if (counts_.size() >= remembered && counts_.count(key) == 0) {
        std::erase_if(counts_, [&](const auto& e) { return now - e.second.since > period; });
        // The one with the fewest failures goes: a flood of names unlocks nobody.
        if (counts_.size() >= remembered)
            counts_.erase(
                std::min_element(counts_.begin(), counts_.end(), [](const auto& a, const auto& b) {
                    return a.second.failures < b.second.failures;
                }));
    }
    auto& count = counts_[key];
    if (count.failures > 0 && now - count.since > period) count = {};
    if (count.failures == 0) count.since = now;
    ++count.failures;
}

void FailureCounts::takeBack(const std::string& key)
{
    const auto found = counts_.find(key);
    if (found != counts_.end() && --found->second.failures <= 0) counts_.erase(found);
}

std::optional<TimePoint> FailureCounts::newlyFull(const std::string& key, TimePoint now)
{
    if (!isFull(key, now)) return std::nullopt;
    auto& count = counts_.at(key);
    if (std::exchange(count.told, true)) return std::nullopt;
    return count.since + period;
}

} // namespace perennial::enrollment::server
