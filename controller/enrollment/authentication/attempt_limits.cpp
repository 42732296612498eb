#include "controller/enrollment/authentication/attempt_limits.h"

#include "shared/base/encoding.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace perennial::enrollment::server {

namespace {

std::string pairOf(const AttemptLimits::Attempt& attempt)
{
    return senderOf(attempt.address) + " " + attempt.name;
}

} // namespace

std::string senderOf(const std::string& address)
{
    std::array<char, 16> bytes{};
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
    const std::string_view whole(bytes.data(), bytes.size());
    constexpr std::string_view mappedV4("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
    return toHex(whole.substr(0, whole.substr(0, 12) == mappedV4 ? 16 : 8));
}

bool AttemptLimits::admit(const Attempt& attempt, TimePoint now)
{
    const std::lock_guard lock(mutex_);
    const auto pair = pairOf(attempt);
    const auto sender = senderOf(attempt.address);
    if (isFull(pairs_, pair, perNameAndAddress, now)) return false;
    if (!isAcquainted(pair, now) &&
        (isFull(addresses_, sender, perAddress, now) || isFull(names_, attempt.name, perName, now)))
        return false;
    add(pairs_, pair, now);
    add(addresses_, sender, now);
    add(names_, attempt.name, now);
    return true;
}

std::optional<AttemptLimits::LockOut> AttemptLimits::failed(const Attempt& attempt, TimePoint now)
{
    const std::lock_guard lock(mutex_);
    const auto tell = [&](Counts& counts, const std::string& key, int limit,
                          const char* what) -> std::optional<LockOut> {
        if (!isFull(counts, key, limit, now) || counts[key].told) return std::nullopt;
        counts[key].told = true;
        return LockOut{what, counts[key].since + period};
    };
    if (auto lockOut = tell(names_, attempt.name, perName, "name")) return lockOut;
    if (auto lockOut = tell(addresses_, senderOf(attempt.address), perAddress, "address"))
        return lockOut;
    return tell(pairs_, pairOf(attempt), perNameAndAddress, "name from this address");
}

void AttemptLimits::succeeded(const Attempt& attempt, TimePoint now)
{
    notJudged(attempt);
    const std::lock_guard lock(mutex_);
    const auto pair = pairOf(attempt);
    pairs_.erase(pair);
    if (acquainted_.size() >= remembered && acquainted_.count(pair) == 0)
        acquainted_.erase(std::min_element(acquainted_.begin(), acquainted_.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; }));
    acquainted_[pair] = now;
}

void AttemptLimits::notJudged(const Attempt& attempt)
{
    const std::lock_guard lock(mutex_);
    takeBack(pairs_, pairOf(attempt));
    takeBack(addresses_, senderOf(attempt.address));
    takeBack(names_, attempt.name);
}

bool AttemptLimits::isFull(Counts& counts, const std::string& key, int limit, TimePoint now)
{
    const auto found = counts.find(key);
    if (found == counts.end()) return false;
    if (now - found->second.since > period) {
        counts.erase(found);
        return false;
    }
    return found->second.failures >= limit;
}

void AttemptLimits::add(Counts& counts, const std::string& key, TimePoint now)
{
    if (counts.size() >= remembered && counts.count(key) == 0) {
        std::erase_if(counts, [&](const auto& e) { return now - e.second.since > period; });
        // The one with the fewest failures goes: a flood of names unlocks nobody.
        if (counts.size() >= remembered)
            counts.erase(
                std::min_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                    return a.second.failures < b.second.failures;
                }));
    }
    auto& count = counts[key];
    if (count.failures == 0) count.since = now;
    ++count.failures;
}

void AttemptLimits::takeBack(Counts& counts, const std::string& key)
{
    const auto found = counts.find(key);
    if (found != counts.end() && --found->second.failures <= 0) counts.erase(found);
}

bool AttemptLimits::isAcquainted(const std::string& pair, TimePoint now) const
{
    const auto found = acquainted_.find(pair);
    return found != acquainted_.end() && now - found->second <= acquaintance;
}

} // namespace perennial::enrollment::server
