// Two copies of one agent were heard: this one begins nothing until an operator has looked.

#include "tests/unit/agent/talk.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::hours;

TEST_CASE("a quarantined agent begins nothing, remembers it over a restart, and tells of it once")
{
    Talk world;
    world.turn();
    world.controller.checkin.quarantined = true;
    world.controller.checkin.orders = {world.order()};
    CHECK_FALSE(world.turn());
    CHECK(world.agent.talk->isQuarantined());
    CHECK(world.agent.parts->desk.open().empty());
    REQUIRE(world.agent.parts->desk.goAlone(RenewalDesk::Alone::Quarantine, hours(1)));
    CHECK(world.agent.parts->desk.open().empty());
    world.turn();
    world.agent.restart();
    CHECK(world.agent.talk->isQuarantined());
    const auto instance = world.controller.checkins.back().instance;
    world.controller.checkin.quarantined = false;
    CHECK(world.turn());
    CHECK(world.controller.checkins.back().instance != instance); // another process
    CHECK_FALSE(world.agent.talk->isQuarantined());
    CHECK(world.agent.parts->desk.open().size() == 1);
    CHECK(world.controller.count("renewal.blocked") == 1);
    world.agent.restart();
    CHECK_FALSE(world.agent.talk->isQuarantined());
}

TEST_CASE("quarantine holds a renewal that has placed nothing; one that has goes on")
{
    AgentBench bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    bench.take();
    bench.advance();
    bench.clock.advance(hours(2));
    const auto asked = bench.enroller.asked().size();
    (void)bench.parts.desk.advance(true);
    CHECK(bench.enroller.asked().size() == asked);
    (void)bench.parts.desk.advance(false);
    CHECK(bench.enroller.asked().size() > asked);

    AgentBench placed;
    placed.host.failing.insert({"act", {ErrorKind::Unavailable, "not now"}});
    placed.take();
    placed.advance();
    placed.host.failing.clear();
    placed.clock.advance(hours(2));
    (void)placed.parts.desk.advance(true);
    CHECK(placed.count("renewal.completed") == 1);
}
