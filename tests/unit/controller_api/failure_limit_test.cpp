#include "controller/api/failure_limit.h"

#include <doctest/doctest.h>

using namespace perennial::controller;
using namespace std::chrono_literals;

namespace {

// 3 failures at once from an address and one more each 10 s; 5 in all and one more each 2 s.
constexpr FailureLimit::Settings few{{3, 10s}, {5, 2s}, 4};
constexpr FailureLimit::Moment start = 1000s;

struct Door {
    FailureLimit limit{few};
    FailureLimit::Moment now = start;

    bool admits(const std::string& address) { return limit.ask(address, now).allows(); }
    // What a caller does: asks, and fails where it may try.
    bool tryAndFail(const std::string& address)
    {
        if (!admits(address)) return false;
        limit.failed(address, now);
        return true;
    }
    int triesOf(const std::string& address, int tries)
    {
        int admitted = 0;
        for (int i = 0; i < tries; ++i)
            admitted += tryAndFail(address) ? 1 : 0;
        return admitted;
    }
};

} // namespace

TEST_CASE("an address that fails too often is refused, the others are not")
{
    Door door;
    CHECK(door.triesOf("192.0.2.1", 100) == 3);
    CHECK(door.limit.ask("192.0.2.1", door.now).wait == 10s);
    CHECK(door.admits("192.0.2.2"));
    door.now += 9999ms;
    CHECK(door.limit.ask("192.0.2.1", door.now).wait == 1s); // rounded up, never 0
    door.now += 1ms;
    CHECK(door.triesOf("192.0.2.1", 100) == 1);
    door.now += 30s;
    CHECK(door.triesOf("192.0.2.1", 100) == 3);
}

TEST_CASE("who does not fail is never refused")
{
    Door door;
    for (int i = 0; i < 1000; ++i)
        CHECK(door.admits("192.0.2.1"));
    CHECK(door.limit.remembered() == 0);
}

TEST_CASE("many addresses that fail a little are refused together, and forgotten")
{
    Door door;
    int admitted = 0;
    for (int i = 0; i < 100; ++i)
        admitted += door.tryAndFail("192.0.2." + std::to_string(i)) ? 1 : 0;
    CHECK(admitted == 5);
    const auto verdict = door.limit.ask("198.51.100.1", door.now);
    CHECK(verdict.wait == 2s);
    door.now += 2s;
    CHECK(door.admits("198.51.100.1"));
}

TEST_CASE("each burst is told of once")
{
    Door door;
    door.triesOf("192.0.2.1", 3);
    CHECK(door.limit.ask("192.0.2.1", door.now).first);
    CHECK_FALSE(door.limit.ask("192.0.2.1", door.now).first);
    // One that goes on and on, and fails whenever it may, is the same burst.
    int told = 0;
    for (int second = 0; second < 600; ++second, door.now += 1s) {
        const auto verdict = door.limit.ask("192.0.2.1", door.now);
        told += verdict.first ? 1 : 0;
        if (verdict.allows()) door.limit.failed("192.0.2.1", door.now);
    }
    CHECK(told == 0);
    door.now += 30s; // quiet for so long that all is forgotten
    door.triesOf("192.0.2.1", 3);
    CHECK(door.limit.ask("192.0.2.1", door.now).first);
}

TEST_CASE("memory is bounded, and those that were forgotten make room")
{
    FailureLimit limit({{3, 10s}, {1'000'000, 1s}, 4});
    for (int i = 0; i < 1000; ++i)
        limit.failed("192.0.2." + std::to_string(i), start);
    CHECK(limit.remembered() == 4);
    // The ones that are remembered keep their failures.
    limit.failed("192.0.2.0", start);
    limit.failed("192.0.2.0", start);
    CHECK_FALSE(limit.ask("192.0.2.0", start).allows());
    limit.failed("198.51.100.1", start + 10s);
    CHECK(limit.remembered() == 2); // it, and the one that failed three times
    CHECK_FALSE(limit.ask("192.0.2.0", start + 9s).allows());
}

TEST_CASE("a host with a network of IPv6 addresses is one; mapped IPv4 addresses are not")
{
    CHECK(networkOf("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
    CHECK(networkOf("2001:db8:1:2::99") == "2001:db8:1:2::");
    CHECK(networkOf("2001:db8:1:3::99") == "2001:db8:1:3::");
    CHECK(networkOf("::ffff:192.0.2.1") == "::ffff:192.0.2.1");
    CHECK(networkOf("192.0.2.1") == "192.0.2.1");
    CHECK(networkOf("") == "");
    Door door;
    CHECK(door.triesOf("2001:db8::1", 2) + door.triesOf("2001:db8::2", 2) == 3);
}
