// When a renewal is tried again: pure functions of what is left.

#include "agent/renewal/renewal_runner.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::agent;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

TEST_CASE("retries double up to an hour while there is time")
{
    const Duration first = minutes(1);
    const std::vector<Duration> expected = {minutes(1), minutes(2), minutes(4), minutes(8),
        minutes(16), minutes(32), hours(1), hours(1)};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(retryDelay(first, static_cast<int>(i) + 1, days(30)) == expected[i]);
    }
    CHECK(retryDelay(first, 1'000'000'000, days(30)) == hours(1));
    CHECK(retryDelay(first, 0, days(30)) == first);
}

TEST_CASE("no retry waits for more than a tenth of the time that is left, nor less than a second")
{
    CHECK(retryDelay(minutes(1), 10, hours(5)) == minutes(30));
    CHECK(retryDelay(minutes(1), 10, minutes(10)) == minutes(1));
    CHECK(retryDelay(minutes(1), 10, Duration(5)) == Duration(1));
    CHECK(retryDelay(minutes(1), 10, Duration(0)) == hours(1)); // too late to hurry
    CHECK(retryDelay(minutes(1), 10, -days(3)) == hours(1));
}

TEST_CASE("retries alone never let the last moment pass: the delays before expiry add up to it")
{
    for (const auto left : {Duration(days(30)), Duration(hours(2)), Duration(minutes(3))}) {
        auto remaining = left;
        int failures = 0;
        int tries = 0;
        while (remaining > Duration(10)) {
            remaining -= retryDelay(minutes(1), ++failures, remaining);
            ++tries;
        }
        CHECK(tries >= 20);
        CHECK(remaining > Duration::zero());
    }
}

TEST_CASE("a pending request is asked for as its issuer says, more rarely the longer it waits")
{
    CHECK(pollDelay(minutes(5), Duration(0), days(30)) == minutes(5));
    CHECK(pollDelay(minutes(5), hours(1), days(30)) == minutes(6));
    CHECK(pollDelay(minutes(5), hours(5), days(30)) == minutes(30));
    CHECK(pollDelay(minutes(5), days(20), days(30)) == hours(1));
    CHECK(pollDelay(minutes(5), days(20), minutes(30)) == minutes(3)); // the end is near
    // What an issuer asks for is bounded.
    CHECK(pollDelay(Duration(0), Duration(0), days(30)) == Duration(1));
    CHECK(pollDelay(-days(1), Duration(0), days(30)) == Duration(1));
    CHECK(pollDelay(days(365), Duration(0), days(30)) == hours(1));
    CHECK(pollDelay(minutes(1), -days(9), days(30)) == minutes(1)); // the clock was put back
}

TEST_CASE("a moment that is too far away was computed by another clock, and has come")
{
    const TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
    CHECK(hasCome(now, now, hours(1)));
    CHECK(hasCome(now - days(1), now, hours(1)));
    CHECK_FALSE(hasCome(now + Duration(1), now, hours(1)));
    CHECK_FALSE(hasCome(now + hours(1), now, hours(1)));
    CHECK(hasCome(now + hours(1) + Duration(1), now, hours(1)));
}
