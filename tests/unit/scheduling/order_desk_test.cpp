// Orders and their events, with the database.

#include "controller/scheduling/order_desk.h"
#include "controller/storage/stored_values.h"
#include "tests/support/controller_nouns.h"
#include "tests/support/fake_clock.h"

#include <atomic>
#include <thread>

using namespace perennial;
using namespace perennial::test;
using controller::OrderRecord;
namespace orders = controller::orders;
namespace slots = controller::slots;
namespace agents = controller::agents;

namespace {

const model::Actor ann{"human", "ann", "token", "192.0.2.7"};

struct Fixture {
    Fixture()
    {
        must(database->transaction([&](sql::Session& session) -> Status {
            must(agents::insert(session, agentRecord()));
            must(slots::put(session, slotRecord(slotWith("slot-due", oneDay * 5))));
            return slots::put(session, slotRecord(slotWith("slot-later", oneDay * 80)));
        }));
    }
    std::vector<OrderRecord> open()
    {
        std::vector<OrderRecord> found;
        must(database->read([&](sql::Session& session) -> Status {
            found = must(orders::openOnes(session));
            return {};
        }));
        return found;
    }
    void end(const std::string& state)
    {
        must(database->transaction([&](sql::Session& session) -> Status {
            for (auto record : must(orders::openOnes(session))) {
                record.state = state;
                record.open = false;
                record.updatedAt = clock.now();
                must(orders::update(session, record));
            }
            return {};
        }));
    }

    TemporaryFolder folder{memoryFolder()};
    FakeClock clock{today};
    std::unique_ptr<sql::Database> database = openControllerDatabase(folder / "c.db");
    controller::OrderDesk desk{*database, clock};
    controller::PolicySnapshot policies = snapshotOf({webPolicy()});
    const controller::SlotKey due{model::AgentId("agent-1"), model::SlotId("slot-due")};
    const controller::SlotKey later{model::AgentId("agent-1"), model::SlotId("slot-later")};
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("what is due is ordered once, with its event")
{
    Fixture fixture;
    const auto placed = must(fixture.desk.planAndPlace(fixture.policies));
    REQUIRE(placed.size() == 1);
    const auto& order = placed.front();
    CHECK(order.slot == fixture.due.second);
    CHECK(order.origin == model::Origin::Controller);
    CHECK(order.policyCommit == std::string(40, 'c'));
    CHECK(must(fixture.desk.planAndPlace(fixture.policies)).empty());
    REQUIRE(fixture.open().size() == 1);
    CHECK(fixture.open().front().order == order);
    CHECK(fixture.open().front().oldSerial == "0A1B2C");

    const auto events = eventsIn(*fixture.database);
    REQUIRE(events.size() == 1);
    const auto& event = events.front();
    CHECK(event.kind == "renewal.ordered");
    CHECK(event.actor.type == "scheduler");
    CHECK(event.correlationId == order.id.text());
    CHECK(event.policy == std::string(40, 'c') + ":web");
    CHECK(event.details.at("origin") == Json("controller"));
    CHECK(event.details.at("generation") == Json(0));
    CHECK(undocumentedDetails(event).empty());
}

TEST_CASE("no event, no order")
{
    Fixture fixture;
    must(fixture.database->transaction([](sql::Session& session) -> Status {
        return controller::statusOf(session.execute("DROP TABLE audit_outbox"));
    }));
    CHECK(!fixture.desk.planAndPlace(fixture.policies).ok());
    CHECK(!fixture.desk.placeNow(fixture.policies, fixture.later, "now", ann).ok());
    CHECK(fixture.open().empty());
}

TEST_CASE("the database itself keeps a second open order of a slot out")
{
    Fixture fixture;
    const auto placed = must(fixture.desk.planAndPlace(fixture.policies));
    REQUIRE(placed.size() == 1);
    const auto copy = [&](const std::string& open) {
        return fixture.database->transaction([&](sql::Session& session) -> Status {
            return controller::statusOf(session.execute(
                "INSERT INTO orders SELECT ?, agent_id, slot_id, generation, replaces, name, "
                "policy, policy_commit, reason, origin, state, ?, ordered_at, updated_at, "
                "old_serial, new_serial, message, milliseconds, new_key FROM orders LIMIT 1",
                {"other-" + open, static_cast<std::int64_t>(open == "1" ? 1 : 0)}));
        });
    };
    const auto second = copy("1");
    REQUIRE(!second.ok());
    CHECK(second.error().kind == ErrorKind::Conflict);
    CHECK(copy("0").ok()); // an ended one is no matter
    CHECK(fixture.open().size() == 1);

    const auto now = fixture.desk.placeNow(fixture.policies, fixture.due, "now", ann);
    REQUIRE(!now.ok());
    CHECK(now.error().kind == ErrorKind::Conflict);
    CHECK(now.error().message.find(placed.front().id.text()) != std::string::npos);
}

TEST_CASE("two that plan at the same time place one order")
{
    Fixture fixture;
    std::atomic<int> placed{0};
    {
        std::vector<std::jthread> planners;
        for (int i = 0; i < 4; ++i)
            planners.emplace_back([&] {
                controller::OrderDesk desk(*fixture.database, fixture.clock);
                if (const auto orders = desk.planAndPlace(fixture.policies))
                    placed += static_cast<int>(orders->size());
            });
    }
    CHECK(placed == 1);
    CHECK(fixture.open().size() == 1);
}

TEST_CASE("how it ended decides when the next one is placed")
{
    Fixture fixture;
    REQUIRE(must(fixture.desk.planAndPlace(fixture.policies)).size() == 1);
    fixture.clock.advance(Duration(60));
    SUBCASE("failed: after an hour, then after two")
    {
        fixture.end("rolled_back");
        fixture.clock.advance(Duration(3599));
        CHECK(must(fixture.desk.planAndPlace(fixture.policies)).empty());
        fixture.clock.advance(Duration(1));
        CHECK(must(fixture.desk.planAndPlace(fixture.policies)).size() == 1);
        fixture.end("abandoned");
        fixture.clock.advance(Duration(7199));
        CHECK(must(fixture.desk.planAndPlace(fixture.policies)).empty());
        fixture.clock.advance(Duration(1));
        CHECK(must(fixture.desk.planAndPlace(fixture.policies)).size() == 1);
        fixture.end("completed"); // and from then on it counts anew
        fixture.clock.advance(Duration(600));
        const auto next = must(fixture.desk.planAndPlace(fixture.policies));
        REQUIRE(next.size() == 1);
        CHECK(next.front().generation == 1);
        fixture.end("rolled_back");
        fixture.clock.advance(Duration(3600));
        CHECK(must(fixture.desk.planAndPlace(fixture.policies)).size() == 1);
    }
    SUBCASE("done, and the report of it is late")
    {
        std::string end;
        SUBCASE("completed") { end = "completed"; }
        SUBCASE("done already: our picture of the host was old") { end = "already_done"; }
        fixture.end(end);
        fixture.clock.advance(Duration(599));
        CHECK(must(fixture.desk.planAndPlace(fixture.policies)).empty());
        fixture.clock.advance(Duration(1));
        CHECK(must(fixture.desk.planAndPlace(fixture.policies)).size() == 1);
    }
}

TEST_CASE("an operator orders what is not due, and that is two events")
{
    Fixture fixture;
    const auto order = must(fixture.desk.placeNow(fixture.policies, fixture.later, "rotate", ann));
    CHECK(order.reason == "rotate");
    const auto events = eventsIn(*fixture.database);
    REQUIRE(events.size() == 2);
    CHECK(events[0].kind == "admin.renewal_requested");
    CHECK(events[1].kind == "renewal.ordered");
    for (const auto& event : events) {
        CHECK(event.actor == ann);
        CHECK(event.reason == "rotate");
        CHECK(event.correlationId == order.id.text());
        CHECK(undocumentedDetails(event).empty());
    }
}

TEST_CASE("what an operator cannot order")
{
    Fixture fixture;
    const auto kindOf = [&](const controller::SlotKey& key) {
        const auto placed = fixture.desk.placeNow(fixture.policies, key, "now", ann);
        REQUIRE(!placed.ok());
        return placed.error().kind;
    };
    CHECK(kindOf({model::AgentId("agent-9"), fixture.due.second}) == ErrorKind::NotFound);
    CHECK(kindOf({fixture.due.first, model::SlotId("slot-9")}) == ErrorKind::NotFound);
    fixture.policies = snapshotOf({});
    CHECK(kindOf(fixture.due) == ErrorKind::InvalidInput);
    fixture.policies = snapshotOf({webPolicy()});
    must(fixture.database->transaction([](sql::Session& session) {
        return agents::setState(session, model::AgentId("agent-1"), "revoked");
    }));
    CHECK(kindOf(fixture.due) == ErrorKind::NotFound);
    CHECK(fixture.open().empty());
    CHECK(eventsIn(*fixture.database).empty());
}

TEST_CASE("one agent's strange slot does not keep the others' orders back")
{
    Fixture fixture;
    auto strange = slotWith("slot-strange", oneDay);
    strange.certificate.serial = std::string(200'000, 'F');
    strange.certificate.displayName = std::string(200'000, '"');
    must(fixture.database->transaction([&](sql::Session& session) -> Status {
        must(agents::insert(session, agentRecord("agent-2", "web2.example.test")));
        return slots::put(session, slotRecord(strange, "agent-2"));
    }));
    CHECK(must(fixture.desk.planAndPlace(fixture.policies)).size() == 2);
    for (const auto& record : fixture.open()) {
        CHECK(record.name.size() <= 258);
        CHECK(record.oldSerial.size() <= 103);
    }
}

TEST_CASE("the orders of a banned agent end with it, the others' stay")
{
    Fixture fixture;
    must(fixture.database->transaction([&](sql::Session& session) -> Status {
        must(agents::insert(session, agentRecord("agent-2", "web2.example.test")));
        return slots::put(session, slotRecord(slotWith("slot-due", oneDay), "agent-2"));
    }));
    REQUIRE(must(fixture.desk.planAndPlace(fixture.policies)).size() == 2);
    must(fixture.database->transaction([&](sql::Session& session) -> Status {
        must(orders::abandonOpenOf(session, model::AgentId("agent-2"), "banned", today + oneDay));
        CHECK(must(orders::openOf(session, model::AgentId("agent-2"))).empty());
        const auto ended = must(orders::newest(session, {"agent-2", "", ""}, 10));
        REQUIRE(ended.size() == 1);
        CHECK(ended.front().state == "abandoned");
        CHECK(ended.front().message == "banned");
        CHECK(ended.front().updatedAt == today + oneDay);
        return {};
    }));
    CHECK(fixture.open().size() == 1);
}

TEST_CASE(
    "orders are found by agent, slot and state, the newest first, and all of them are looked at")
{
    Fixture fixture;
    must(fixture.database->transaction([&](sql::Session& session) -> Status {
        for (int i = 0; i < 50; ++i) {
            OrderRecord record;
            record.order.id = model::OrderId("order-" + std::to_string(100 + i));
            record.order.agent = model::AgentId(i == 0 ? "agent-old" : "agent-1");
            record.order.slot = model::SlotId("slot-" + std::to_string(i % 5));
            record.order.orderedAt = record.updatedAt = today + Duration(i);
            record.state = i % 2 == 0 ? "completed" : "abandoned";
            record.open = false;
            must(orders::insert(session, record));
        }
        const auto ids = [&](const orders::Filter& filter, std::int64_t limit) {
            Texts found;
            for (const auto& record : must(orders::newest(session, filter, limit)))
                found.push_back(record.order.id.text());
            return found;
        };
        CHECK(ids({}, 2) == Texts{"order-149", "order-148"});
        CHECK(ids({"agent-old", "", ""}, 1) == Texts{"order-100"});
        CHECK(ids({"agent-1", "slot-0", "completed"}, 2) == Texts{"order-140", "order-130"});
        CHECK(ids({"", "", "abandoned"}, 100).size() == 25);
        CHECK(ids({"' OR 1=1 --", "", ""}, 100).empty());
        return {};
    }));
}
