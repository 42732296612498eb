#pragma once

#include "controller/enrollment/authentication/failure_counts.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace perennial::enrollment::server {

// Wrong passwords, counted for a quarter of an hour from the first one on: per name from one
// address, per address, and per name from everywhere. IPv6 counts by its first 64 bits.
//
// A name that others try to guess must stay usable for its owner. So an address at which the name
// has once shown the right password (within thirty days) only ever waits for its own mistakes
// with that name; strangers can lock a name for strangers, and for a quarter of an hour at most
// after their last burst. All of it is in memory, bounded, and a restart forgives.
class AttemptLimits {
public:
    static constexpr int perNameAndAddress = 10;
    static constexpr int perAddress = 30;
    static constexpr int perName = 100;
    static constexpr Duration period = FailureCounts::period;
    static constexpr Duration acquaintance = std::chrono::hours(24 * 30);
    static constexpr std::size_t remembered = FailureCounts::remembered; // entries of each kind

    struct Attempt {
        std::string name; // as it compares: letter case and spaces do not make another one
        std::string address;
    };
    struct LockOut {
        std::string what; // "name from this address", "address", "name"
        TimePoint until;
    };
    // Counts the attempt as a failure before anybody looks at the password, so that many at once
    // get no more tries. False: it has to wait, and is not counted.
    bool admit(const Attempt& attempt, TimePoint now);
    // It did fail. The lock-outs that begin with it are told once each, one at a call.
    std::optional<LockOut> failed(const Attempt& attempt, TimePoint now);
    void succeeded(const Attempt& attempt, TimePoint now);
    void notJudged(const Attempt& attempt); // nobody could say: it does not count

private:
    bool isAcquainted(const std::string& pair, TimePoint now) const;

    std::mutex mutex_;
    FailureCounts pairs_{perNameAndAddress};
    FailureCounts addresses_{perAddress};
    FailureCounts names_{perName};
    std::map<std::string, TimePoint> acquainted_; // pairs, and when they last succeeded
};

// The part of an address by which one sender is counted: IPv4 whole, IPv6 its first 64 bits.
std::string senderOf(const std::string& address);

} // namespace perennial::enrollment::server
