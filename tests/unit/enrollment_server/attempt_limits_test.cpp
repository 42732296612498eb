#include "controller/enrollment/authentication/attempt_limits.h"

#include "shared/base/encoding.h"

#include <doctest/doctest.h>

using namespace perennial;
using perennial::enrollment::server::AttemptLimits;
using perennial::enrollment::server::senderOf;
using Attempt = AttemptLimits::Attempt;

namespace {

const TimePoint start{Duration(1'800'000'000)};
const TimePoint later = start + AttemptLimits::period + Duration(1);

// How many of `tries` wrong passwords were looked at.
int guess(AttemptLimits& limits, const Attempt& attempt, int tries, TimePoint now)
{
    int looked = 0;
    for (int i = 0; i < tries; ++i) {
        if (!limits.admit(attempt, now)) continue;
        ++looked;
        (void)limits.failed(attempt, now);
    }
    return looked;
}

Attempt from(int sender, const std::string& name = "ann")
{
    return {name, "10.0." + std::to_string(sender / 250) + "." + std::to_string(sender % 250)};
}

void succeed(AttemptLimits& limits, const Attempt& attempt, TimePoint now)
{
    REQUIRE(limits.admit(attempt, now));
    limits.succeeded(attempt, now);
}

} // namespace

TEST_CASE("ten wrong passwords for a name from one address, then a wait that ends")
{
    AttemptLimits limits;
    CHECK(guess(limits, from(1), 25, start) == AttemptLimits::perNameAndAddress);
    CHECK_FALSE(limits.admit(from(1), start + AttemptLimits::period));
    CHECK(limits.admit(from(1), later));
    // Waiting is not a failure: the lock-out did not grow by asking.
    CHECK(limits.admit(from(2), start));
}

TEST_CASE("an address may not try one name after the other")
{
    AttemptLimits limits;
    int looked = 0;
    for (int i = 0; i < 200; ++i)
        looked += guess(limits, from(1, "name" + std::to_string(i)), 1, start);
    CHECK(looked == AttemptLimits::perAddress);
    CHECK(limits.admit(from(2, "name1"), start));
}

TEST_CASE("a name is guarded against many addresses, and its owner still gets in from where he was")
{
    AttemptLimits limits;
    succeed(limits, from(1), start);
    int looked = 0;
    for (int i = 2; i < 500; ++i)
        looked += guess(limits, from(i), 1, start + Duration(i));
    CHECK(looked == AttemptLimits::perName);
    CHECK_FALSE(limits.admit(from(900), start + Duration(600))); // a stranger
    succeed(limits, from(1), start + Duration(600));             // the owner
    // Even where the owner shares the address with the one who locked it.
    CHECK(guess(limits, from(1, "others"), 100, start + Duration(601)) == 10);
    CHECK(guess(limits, from(1, "others2"), 100, start + Duration(601)) == 10);
    CHECK(guess(limits, from(1, "others3"), 100, start + Duration(601)) == 10);
    CHECK_FALSE(limits.admit(from(1, "others4"), start + Duration(601)));
    succeed(limits, from(1), start + Duration(602));
    // Acquaintance does not last for ever.
    const auto forgotten = start + AttemptLimits::acquaintance + std::chrono::hours(1);
    for (int i = 2; i < 500; ++i)
        guess(limits, from(i), 1, forgotten);
    CHECK_FALSE(limits.admit(from(1), forgotten));
}

TEST_CASE("attempts at the same time get no more tries than one after the other")
{
    AttemptLimits limits;
    int admitted = 0;
    for (int i = 0; i < 50; ++i)
        admitted += limits.admit(from(1), start) ? 1 : 0; // none has an outcome yet
    CHECK(admitted == AttemptLimits::perNameAndAddress);
}

TEST_CASE("what nobody could judge does not count, and a right password clears its own pair")
{
    AttemptLimits limits;
    for (int i = 0; i < 100; ++i) {
        REQUIRE(limits.admit(from(1), start));
        limits.notJudged(from(1));
    }
    CHECK(guess(limits, from(1), 9, start) == 9);
    succeed(limits, from(1), start);
    CHECK(guess(limits, from(1), 20, start) == 10);
    // A good account of one's own does not wash the address clean.
    AttemptLimits others;
    int looked = 0;
    for (int i = 0; i < 100; ++i) {
        looked += guess(others, from(1, "name" + std::to_string(i)), 1, start);
        if (others.admit(from(1, "mine"), start)) others.succeeded(from(1, "mine"), start);
    }
    CHECK(looked == AttemptLimits::perAddress);
}

TEST_CASE("each lock-out is told once a burst")
{
    AttemptLimits limits;
    int told = 0;
    for (int i = 0; i < 60; ++i) {
        const auto attempt = from(1, "name" + std::to_string(i / 20));
        if (!limits.admit(attempt, start)) continue;
        while (const auto lockOut = limits.failed(attempt, start)) {
            ++told;
            CHECK(lockOut->until == start + AttemptLimits::period);
        }
    }
    CHECK(told == 4); // three names from this address, and the address
    int again = 0;
    for (int i = 0; i < 20; ++i) {
        if (limits.admit(from(1, "name0"), later) && limits.failed(from(1, "name0"), later))
            ++again;
    }
    CHECK(again == 1);
}

TEST_CASE("a flood of names and addresses costs bounded memory and unlocks nobody")
{
    AttemptLimits limits;
    guess(limits, from(1), 20, start);
    for (int i = 0; i < 12'000; ++i)
        guess(limits,
            {"flood" + std::to_string(i),
                "2001:db8:0:" + toHex(std::string(1, static_cast<char>(i / 256))) +
                    "::" + std::to_string(i % 10)},
            1, start);
    for (int i = 0; i < 10'500; ++i)
        guess(limits, {"more" + std::to_string(i), "192.0." + std::to_string(i)}, 1, start);
    CHECK_FALSE(limits.admit(from(1), start));
}

TEST_CASE("an IPv6 sender is its first 64 bits, and a mapped IPv4 address counts whole")
{
    CHECK(senderOf("2001:db8::1") == senderOf("2001:db8:0:0:ffff::2"));
    CHECK(senderOf("2001:db8::1") != senderOf("2001:db8:0:1::1"));
    CHECK(senderOf("::ffff:192.0.2.1") != senderOf("::ffff:192.0.2.2"));
    CHECK(senderOf("192.0.2.1") == "192.0.2.1");
}
