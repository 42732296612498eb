// Which orders are due: a table.

#include "controller/scheduling/planner.h"
#include "tests/support/controller_nouns.h"

using namespace perennial;
using namespace perennial::test;
using controller::planOrders;
using controller::SlotHistory;
using controller::SlotKey;

namespace {

constexpr Duration hour{3600};

// One agent, one slot; each test changes what it is about.
struct World {
    std::vector<model::CertificatePolicy> policies{webPolicy()};
    controller::AgentRecord agent = agentRecord();
    controller::SlotRecord slot = slotRecord(slotWith("slot-a", oneDay * 20));
    bool open = false;
    std::optional<SlotHistory> history;

    std::vector<controller::PlannedOrder> plan(TimePoint now = today)
    {
        const SlotKey key{slot.agent, slot.slot.id};
        snapshot_ = snapshotOf(policies);
        agents_ = {{agent.agent, agent}};
        slots_ = {slot};
        std::set<SlotKey> openOnes;
        if (open) openOnes.insert(key);
        std::map<SlotKey, SlotHistory> histories;
        if (history) histories[key] = *history;
        return planOrders({snapshot_, agents_, slots_, openOnes, histories}, now);
    }
    bool isDue(TimePoint now = today) { return !plan(now).empty(); }

private:
    controller::PolicySnapshot snapshot_;
    controller::AgentsById agents_;
    std::vector<controller::SlotRecord> slots_;
};

} // namespace

TEST_CASE("an order says what, by which policy and why")
{
    World world;
    world.history = SlotHistory{0, today - oneDay * 60, 4, fingerprintOf('f')};
    const auto planned = world.plan();
    REQUIRE(planned.size() == 1);
    const auto& order = planned.front();
    CHECK(order.slot == SlotKey{model::AgentId("agent-1"), model::SlotId("slot-a")});
    CHECK(order.what->certificate.fingerprint == fingerprintOf('a'));
    CHECK(order.policy->name == "web");
    CHECK(order.generation == 4);
    CHECK(
        order.reason == "the certificate is due; it expires at " + toRfc3339(today + oneDay * 20));
}

TEST_CASE("what is ordered and what is not")
{
    struct Case {
        const char* what;
        void (*change)(World&);
        bool due;
    };
    const Case cases[] = {
        {"due, and nothing stands in the way", [](World&) {}, true},
        {"not yet due", [](World& w) { w.slot.slot.certificate.notAfter += oneDay * 40; }, false},
        {"due at this second",
            [](World& w) { w.slot.slot.certificate.notAfter = today + oneDay * 30; }, true},
        {"due in a second",
            [](World& w) { w.slot.slot.certificate.notAfter = today + oneDay * 30 + Duration(1); },
            false},
        {"expired already", [](World& w) { w.slot.slot.certificate.notAfter = today - oneDay; },
            true},
        {"not due, but of the wrong key type",
            [](World& w) {
                w.slot.slot.certificate.notAfter += oneDay * 40;
                w.policies.front().keyType = "rsa-3072";
            },
            true},
        {"no policies at all", [](World& w) { w.policies.clear(); }, false},
        {"a policy for others", [](World& w) { w.policies.front().agentLabels["role"] = "db"; },
            false},
        {"a policy for other names", [](World& w) { w.policies.front().names = {"*.other.test"}; },
            false},
        {"a renewal is open", [](World& w) { w.open = true; }, false},
        {"the agent is banned", [](World& w) { w.agent.state = "revoked"; }, false},
        {"the agent is silent: the order waits for it", [](World& w) { w.agent.state = "silent"; },
            true},
        {"the slot is of an agent that is not there",
            [](World& w) { w.slot.agent = model::AgentId("agent-9"); }, false},
        {"outside the window",
            [](World& w) {
                w.policies.front().window = model::Window{{}, hour * 1, hour * 5};
            },
            false},
        {"inside the window",
            [](World& w) {
                w.policies.front().window = model::Window{{}, hour * 14, hour * 15};
            },
            true},
        {"inside the window, another day",
            [](World& w) {
                w.policies.front().window = model::Window{{1, 2}, hour * 14, hour * 15};
            },
            false},
        {"outside the window, but the agent would go alone before it opens",
            [](World& w) {
                w.policies.front().window = model::Window{{6}, hour * 1, hour * 5};
                w.policies.front().autonomousBefore = oneDay * 18;
            },
            true},
        {"outside the window, expired",
            [](World& w) {
                w.policies.front().window = model::Window{{6}, hour * 1, hour * 5};
                w.slot.slot.certificate.notAfter = today - Duration(1);
            },
            true},
        {"just renewed, the inventory does not show it yet",
            [](World& w) {
                w.history = SlotHistory{0, today - hour / 12, 1, fingerprintOf('a')};
            },
            false},
        {"renewed a while ago, and the inventory still shows the old one",
            [](World& w) {
                w.history = SlotHistory{0, today - hour / 6, 1, fingerprintOf('a')};
            },
            true},
        {"just renewed, and due again: a certificate of an hour",
            [](World& w) {
                w.history = SlotHistory{0, today - hour / 12, 1, fingerprintOf('b')};
            },
            true},
    };
    for (const auto& one : cases) {
        INFO(one.what);
        World world;
        one.change(world);
        CHECK(world.isDue() == one.due);
    }
}

TEST_CASE(
    "after failures the next order waits, longer each time, never longer than can be afforded")
{
    struct Case {
        int failures;
        Duration left; // of the certificate when the last one failed
        Duration wait;
    };
    const Case cases[] = {
        {1, oneDay * 20, hour}, {2, oneDay * 20, hour * 2}, {3, oneDay * 20, hour * 4},
        {4, oneDay * 20, hour * 8}, {5, oneDay * 20, hour * 16}, {6, oneDay * 20, hour * 24},
        {19, oneDay * 20, hour * 24}, {6, oneDay * 2, hour * 12}, // a quarter of what is left
        {6, hour * 2, hour / 2}, {1, hour * 2, hour / 2}, {1, Duration(2), Duration(1)},
        {6, -oneDay, Duration(1)}, // too late to be patient
    };
    for (const auto& one : cases) {
        INFO(one.failures, " failures, ", one.left.count(), " seconds left");
        World world;
        world.slot.slot.certificate.notAfter = today + one.left;
        world.history = SlotHistory{one.failures, today, 0, {}};
        CHECK(!world.isDue(today + one.wait - Duration(1)));
        CHECK(world.isDue(today + one.wait));
    }
}

TEST_CASE("waiting from failure to failure still leaves many tries before the end")
{
    World world;
    auto now = today;
    const auto end = world.slot.slot.certificate.notAfter;
    int tries = 0;
    int lastDay = 0;
    for (int failures = 0; now < end; now += hour / 60) {
        if (!world.isDue(now)) continue;
        world.history = SlotHistory{++failures, now, 0, {}};
        ++tries;
        if (end - now <= oneDay) ++lastDay;
    }
    CHECK(tries > 20);
    CHECK(lastDay >= 5);
    CHECK(tries < 200);
}

TEST_CASE("the moment shown to people is the moment of the order")
{
    World world;
    world.slot.slot.certificate.notAfter = today + oneDay * 40;
    auto& policy = world.policies.front();
    SUBCASE("without a window") {}
    SUBCASE("spread") { policy.spread = oneDay * 5; }
    SUBCASE("in a window") { policy.window = model::Window{{5, 6}, hour * 2, hour * 4}; }
    SUBCASE("in a window over midnight") { policy.window = model::Window{{}, hour * 22, hour * 2}; }
    const auto shown = controller::plannedRenewal(world.slot.slot, policy, today);
    CHECK(shown > today);
    CHECK(!world.isDue(shown - Duration(1)));
    CHECK(world.isDue(shown));
    CHECK(controller::plannedRenewal(world.slot.slot, policy, shown) == shown);
}
