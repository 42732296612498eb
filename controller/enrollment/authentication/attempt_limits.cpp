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
    if (pairs_.isFull(pair, now)) return false;
    if (!isAcquainted(pair, now) &&
        (addresses_.isFull(sender, now) || names_.isFull(attempt.name, now)))
        return false;
    pairs_.add(pair, now);
    addresses_.add(sender, now);
    names_.add(attempt.name, now);
    return true;
}

std::optional<AttemptLimits::LockOut> AttemptLimits::failed(const Attempt& attempt, TimePoint now)
{
    const std::lock_guard lock(mutex_);
    if (const auto until = names_.newlyFull(attempt.name, now)) return LockOut{"name", *until};
    if (const auto until = addresses_.newlyFull(senderOf(attempt.address), now))
        return LockOut{"address", *until};
    if (const auto until = pairs_.newlyFull(pairOf(attempt), now))
        return LockOut{"name from this address", *until};
    return std::nullopt;
}

void AttemptLimits::succeeded(const Attempt& attempt, TimePoint now)
{
    notJudged(attempt);
    const std::lock_guard lock(mutex_);
    const auto pair = pairOf(attempt);
    pairs_.forget(pair);
    if (acquainted_.size() >= remembered && acquainted_.count(pair) == 0)
        acquainted_.erase(std::min_element(acquainted_.begin(), acquainted_.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; }));
    acquainted_[pair] = now;
}

void AttemptLimits::notJudged(const Attempt& attempt)
{
    const std::lock_guard lock(mutex_);
    pairs_.takeBack(pairOf(attempt));
    addresses_.takeBack(senderOf(attempt.address));
    names_.takeBack(attempt.name);
}

bool AttemptLimits::isAcquainted(const std::string& pair, TimePoint now) const
{
    const auto found = acquainted_.find(pair);
    return found != acquainted_.end() && now - found->second <= acquaintance;
}

} // namespace perennial::enrollment::server
