#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace perennial::controller {

// How often strangers may fail: a join that lets nobody in, an operator token that nobody has. Only
// failures count, so a fleet that joins through one address is not held up. Times are those of the
// monotonic clock: whoever sets the clock shuts nobody out.
class FailureLimit {
public:
    using Moment = std::chrono::milliseconds;
    struct Rate {
        int atOnce;                   // failures before anybody is refused
        std::chrono::seconds another; // after that, one more each
    };
    struct Settings {
        Rate perAddress;
        Rate inAll;
        std::size_t addresses; // remembered at most; any other only counts in all
    };
    explicit FailureLimit(const Settings& settings) : settings_(settings) {}

    struct Verdict {
        std::chrono::seconds wait{0}; // above zero: refused for so long
        bool first = false; // the first refusal since failures were last all forgotten: to be told
        bool allows() const { return wait == std::chrono::seconds::zero(); }
    };
    // An IPv6 address counts as its network of 64 bits: one host may have them all.
    Verdict ask(const std::string& address, Moment now);
    void failed(const std::string& address, Moment now);

    std::size_t remembered() const; // addresses

private:
    // One moment holds it all: when every failure will be forgotten.
    struct Account {
        Moment forgotten{0};
        bool told = false;
    };
    static void count(Account& account, const Rate& rate, Moment now);
    static Verdict judge(Account& account, const Rate& rate, Moment now);
    void makeRoom(Moment now);

    Settings settings_;
    mutable std::mutex mutex_;
    std::map<std::string, Account> accounts_;
    Account all_;
};

// For those who have not shown who they are. A person may mistype and a script may have last week's
// token; a host that tries on and on costs one event each ten seconds, all of them one each second.
inline constexpr FailureLimit::Settings forStrangers{
    {20, std::chrono::seconds(10)}, {200, std::chrono::seconds(1)}, 1000};

// The address, or the first 64 bits of one of IPv6.
std::string networkOf(const std::string& address);

} // namespace perennial::controller
