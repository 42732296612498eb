// What the publisher relies on, for every kind of sink and its real receiver.

#include "tests/contract/audit_sink/sink_worlds.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

#define ALL_SINKS MemoryWorld, SyslogToGnutls, SyslogToOpenssl

namespace {

std::set<std::int64_t> upTo(std::int64_t last)
{
    std::set<std::int64_t> all;
    for (std::int64_t i = 0; i <= last; ++i)
        all.insert(i);
    return all;
}

std::vector<std::int64_t> range(std::int64_t count)
{
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < count; ++i)
        all.push_back(i);
    return all;
}

} // namespace

TEST_CASE_TEMPLATE("undisturbed, every event arrives once and in order", World, ALL_SINKS)
{
    World world;
    world.startReceiver();
    const auto sink = world.makeSink();
    const auto events = makeEvents(0, 400);
    Carrier carrier(*sink, events);
    while (!carrier.allSent())
        REQUIRE(carrier.deliver());
    carrier.finish();
    world.waitFor(upTo(399));
    CHECK(world.received() == range(400));
    CHECK(*sink->settle() == 399);
}

TEST_CASE_TEMPLATE(
    "what is known delivered is there even when the receiver dies at once", World, ALL_SINKS)
{
    World world;
    world.startReceiver();
    const auto sink = world.makeSink();
    const auto events = makeEvents(0, 100);
    Carrier carrier(*sink, events);
    while (!carrier.allSent())
        REQUIRE(carrier.deliver());
    carrier.finish();
    world.killReceiver();
    world.waitFor(upTo(carrier.delivered()));
}

TEST_CASE_TEMPLATE(
    "without a receiver nothing is delivered, and the error says: later", World, ALL_SINKS)
{
    World world;
    const auto sink = world.makeSink();
    const auto events = makeEvents(0, 10);
    Carrier carrier(*sink, events);
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto sent = carrier.deliver();
        REQUIRE_FALSE(sent);
        CHECK(isRetryable(sent.error().kind));
        CHECK(carrier.delivered() == -1);
    }
    world.startReceiver();
    carrier.finish();
    world.waitFor(upTo(9));
}

TEST_CASE_TEMPLATE(
    "a receiver killed in the middle and started again misses nothing", World, ALL_SINKS)
{
    World world;
    world.startReceiver();
    const auto sink = world.makeSink();
    const auto events = makeEvents(0, 3000);
    Carrier carrier(*sink, events);
    for (int batch = 0; !carrier.allSent(); ++batch) {
        (void)carrier.deliver();
        if (batch == 17 || batch == 40) {
            world.killReceiver();
            world.startReceiver();
        }
    }
    carrier.finish();
    world.waitFor(upTo(2999));
}

TEST_CASE_TEMPLATE("a receiver killed just after the last event misses nothing", World, ALL_SINKS)
{
    World world;
    world.startReceiver();
    const auto sink = world.makeSink();
    const auto events = makeEvents(0, 200);
    Carrier carrier(*sink, events);
    REQUIRE(carrier.deliver(200));
    CHECK(carrier.delivered() < 199); // nobody can know yet
    world.killReceiver();
    world.startReceiver();
    carrier.finish();
    world.waitFor(upTo(199));
}

TEST_CASE_TEMPLATE("a new sink goes on where the last one was known to be", World, ALL_SINKS)
{
    World world;
    world.startReceiver();
    const auto events = makeEvents(0, 60);
    {
        const auto sink = world.makeSink();
        const std::vector<SinkEvent> first(events.begin(), events.begin() + 30);
        Carrier carrier(*sink, first);
        carrier.finish();
    }
    const auto sink = world.makeSink();
    const std::vector<SinkEvent> rest(events.begin() + 30, events.end());
    auto delivered = sink->deliver(rest);
    REQUIRE(delivered);
    CHECK(*delivered <= 59);
    const Deadline deadline(std::chrono::seconds(30));
    while (*delivered < 59) {
        REQUIRE_FALSE(deadline.over());
        delivered = sink->settle();
        REQUIRE(delivered);
    }
    world.waitFor(upTo(59));
}
