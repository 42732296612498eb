// An agent whose controller goes away for sixty days, with the code that decides and talks, a disk
// that outlives it, and the clock in the test's hand.

#include "tests/support/fake_clock.h"
#include "tests/support/fake_controller.h"

#include <set>

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

struct World {
    World()
    {
        host.install(authority.issue(
            FakeAuthority::newKey().publicKeyDer(), {start - days(50), start + days(40)}));
        // Due after half of its life; alone from forty days before its end on.
        controller.documents =
            asSent(testDocuments(authority, {"45d", "  autonomous_before: 40d\n"}), 1, start);
        controller.checkin.policyVersion = 1;
        controller.checkin.policyCommit = testCommit;
    }
    // As the agent's two threads: a look every half hour, a scan every six hours.
    void live(Duration time)
    {
        for (const auto end = clock.now() + time; clock.now() < end;) {
            if (clock.now() >= nextScan) scan();
            const auto alone = agent.talk->silentFor() >= hours(6) ? RenewalDesk::Alone::Silence
                                                                   : RenewalDesk::Alone::Patience;
            REQUIRE(agent.parts->desk.goAlone(alone, hours(6)));
            if (agent.parts->desk.advance().ended) scan();
            agent.talk->sendEvents();
            if (agent.talk->isDue()) (void)agent.talk->takeTurn();
            clock.advance(minutes(30));
        }
    }
    void scan()
    {
        REQUIRE(agent.parts->slots.put(scanOf(host, clock.now())));
        nextScan = clock.now() + hours(6);
    }
    TimePoint certificateEnds() const
    {
        return x509::Certificate::fromPem(host.live())->notAfter();
    }

    FakeAuthority authority;
    FakeClock clock{start};
    TemporaryFolder folder{memoryFolder()};
    FakeHost host{folder.path() / "host"};
    FakeEnroller enroller{folder.path() / "ca", host, authority, clock};
    FakeController controller{authority, clock};
    JoinedAgent agent{authority, controller, host, enroller, clock};
    TimePoint nextScan;
};

std::vector<std::string> ordersOf(const FakeController& controller, const std::string& kind)
{
    std::vector<std::string> orders;
    for (const auto& event : controller.events) {
        if (event.kind == kind) orders.push_back(event.correlationId);
    }
    return orders;
}

} // namespace

TEST_CASE("sixty days without a controller: renewed alone, reported later, ordered work done once")
{
    World world;
    world.live(hours(1));
    // The last that is heard of the controller is an order. It never hears of its end.
    const auto order = orderFor(world.agent.parts->slots.inventory()->slots.front(), start);
    world.controller.checkin.orders = {order};
    world.controller.instead["/v1/events"] = {503, "text/plain", "", {}};
    world.live(hours(1));
    world.controller.stop();
    CHECK(world.enroller.asked().size() == 1);

    for (int week = 0; week < 9; ++week) {
        world.live(days(7)); // 63 days
        CHECK(world.certificateEnds() > world.clock.now() + days(30));
        world.agent.restart();
        world.scan();
    }
    CHECK(world.enroller.asked().size() == 2);
    CHECK(world.agent.count("policy.expired") == 1);
    const auto waiting = world.agent.parts->events->pending();
    CHECK(waiting >= 2 * 9 + 2);

    // It returns as it was, and repeats what it does not know to be done.
    world.controller.start();
    world.controller.instead.clear();
    world.controller.documents.manifest.expires = world.clock.now() + days(30);
    world.live(days(1));
    CHECK(world.agent.parts->events->pending() == 0);
    CHECK(world.enroller.asked().size() == 2);
    CHECK(world.host.keysMade() == 2);

    // Everything, in the order in which it happened, once.
    std::int64_t last = 0;
    std::set<std::string> ids;
    for (const auto& event : world.controller.events) {
        CHECK(event.agentSequence == ++last);
        CHECK(ids.insert(event.id).second);
    }
    CHECK(last >= waiting);
    const auto accepted = ordersOf(world.controller, "renewal.accepted");
    REQUIRE(accepted.size() == 2);
    CHECK(accepted[0] == order.id.text());
    CHECK(accepted[1].rfind("alone-", 0) == 0);
    CHECK(ordersOf(world.controller, "renewal.completed") == accepted);
    CHECK(
        ordersOf(world.controller, "renewal.autonomous") == std::vector<std::string>{accepted[1]});
    CHECK(world.controller.count("policy.expired") == 1);
    CHECK(world.controller.count("certificate.changed_outside") == 0);
}

TEST_CASE("a CA that is away too is asked with one request until it is back, well before the end")
{
    World world;
    world.live(hours(1));
    world.controller.stop();
    world.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    world.live(days(20)); // the point to go alone was on the first day
    CHECK(world.enroller.asked().size() >= 19 * 24);
    world.agent.restart();
    world.scan();
    world.enroller.onSubmit = world.enroller.onPoll;
    world.live(hours(2));
    const auto asked = world.enroller.asked();
    CHECK(std::set<std::string>(asked.begin(), asked.end()).size() == 1);
    CHECK(world.host.keysMade() == 1);
    CHECK(world.certificateEnds() > world.clock.now() + days(89));
    world.controller.start();
    world.controller.documents.manifest.expires = world.clock.now() + days(30);
    world.live(hours(2));
    CHECK(world.controller.count("renewal.completed") == 1);
    CHECK(world.controller.count("renewal.failed") < 15); // an outage is told, not shouted
}
