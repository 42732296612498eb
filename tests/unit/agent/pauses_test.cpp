// The host admin's "not now": it holds, gives way before expiry, and is remembered.

#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using Alone = RenewalDesk::Alone;

TEST_CASE("a paused slot takes no order and goes nowhere alone, until it is resumed")
{
    AgentBench bench;
    const auto slot = bench.slot().id;
    REQUIRE(bench.parts.desk.pause(slot, hours(12), "holidays"));
    bench.take();
    CHECK(bench.parts.desk.open().empty());
    REQUIRE(bench.parts.desk.goAlone(Alone::Silence, hours(1)));
    CHECK(bench.parts.desk.open().empty());
    CHECK(bench.parts.desk.renewNow(slot).error().kind == ErrorKind::Conflict);
    CHECK(bench.reasonOf("slot.paused") == "holidays");
    REQUIRE(bench.parts.desk.resume(slot));
    CHECK(bench.count("slot.resumed") == 1);
    CHECK(bench.parts.desk.resume(slot).error().kind == ErrorKind::NotFound);
    REQUIRE(bench.parts.desk.take(bench.order()));
    bench.work(hours(1));
    CHECK(bench.count("renewal.completed") == 1);
}

TEST_CASE("a pause ends by itself")
{
    AgentBench bench;
    REQUIRE(bench.parts.desk.pause(bench.slot().id, hours(2), ""));
    bench.clock.advance(hours(2) - Duration(1));
    bench.take();
    CHECK(bench.parts.desk.open().empty());
    bench.clock.advance(Duration(1));
    bench.take();
    CHECK(bench.parts.desk.open().size() == 1);
}

// Ten of 90 days are left: the last tenth begins in a day.
TEST_CASE("a pause gives way in the last tenth of a life, and none begins there")
{
    AgentBench bench;
    const auto slot = bench.slot();
    REQUIRE(bench.parts.desk.pause(slot.id, days(8), ""));
    CHECK(endOf(*bench.parts.pauses.of(slot.id), slot.certificate) == bench.start + days(1));
    bench.clock.advance(days(1));
    REQUIRE(bench.parts.desk.goAlone(Alone::Silence, hours(1)));
    CHECK(bench.parts.desk.open().size() == 1);
    bench.work(hours(1));
    CHECK(bench.count("renewal.completed") == 1);

    AgentBench late({}, {}, days(8));
    CHECK(late.parts.desk.pause(late.slot().id, hours(1), "").error().kind == ErrorKind::Conflict);
}

TEST_CASE("a renewal that has placed nothing waits; one that has goes on")
{
    AgentBench bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    bench.take();
    bench.advance();
    const auto asked = bench.enroller.asked().size();
    REQUIRE(bench.parts.desk.pause(bench.slot().id, hours(3), ""));
    bench.work(hours(2));
    CHECK(bench.enroller.asked().size() == asked);
    bench.enroller.onSubmit = bench.enroller.onPoll;
    bench.work(hours(2));
    CHECK(bench.count("renewal.completed") == 1);

    AgentBench placed;
    placed.host.failing.insert({"act", {ErrorKind::Unavailable, "not now"}});
    placed.take();
    placed.advance();
    CHECK(std::holds_alternative<Installed>(placed.renewal().stage));
    REQUIRE(placed.parts.desk.pause(placed.slot().id, days(1), ""));
    placed.host.failing.clear();
    placed.work(hours(1));
    CHECK(placed.count("renewal.completed") == 1);
}

TEST_CASE("a pause that is too long, of nothing, or of an unknown slot is refused")
{
    AgentBench bench;
    const auto slot = bench.slot().id;
    for (const auto time : {Duration(0), Duration(-5), Pause::longest + Duration(1)})
        CHECK(bench.parts.desk.pause(slot, time, "").error().kind == ErrorKind::InvalidInput);
    CHECK(bench.parts.desk.pause(model::SlotId("slot-0"), hours(1), "").error().kind ==
          ErrorKind::NotFound);
    CHECK(bench.count("slot.paused") == 0);
}

TEST_CASE("pauses outlive a restart, and a damaged file is said")
{
    AgentBench bench;
    const auto slot = bench.slot().id;
    REQUIRE(bench.parts.desk.pause(slot, hours(12), "a \"reason\""));
    Pauses again(bench.disk, "/state/pauses.json");
    REQUIRE(again.load());
    REQUIRE(again.of(slot).has_value());
    CHECK(again.of(slot)->until == bench.start + hours(12));
    CHECK(again.of(slot)->reason == "a \"reason\"");
    for (const std::string text :
        {"", "[]", "{\"slot-1\":{}}", "{\"slot-1\":{\"until\":\"soon\",\"reason\":\"\"}}",
            "{\"slot-1\":{\"until\":\"2026-11-21T00:00:00Z\",\"reason\":\"\",\"more\":1}}"}) {
        bench.disk.content["/state/pauses.json"] = text;
        Pauses damaged(bench.disk, "/state/pauses.json");
        CHECK(damaged.load().error().kind == ErrorKind::Corrupt);
    }
}
