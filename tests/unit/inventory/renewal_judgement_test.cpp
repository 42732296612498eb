// What the authority renewed, held against orders: only an order explains it.

#include "controller/storage/slot_index.h"
#include "tests/unit/inventory/watch_fixture.h"

using namespace perennial;
using namespace perennial::test;
using model::Origin;

namespace {

const std::string keyA(64, 'a');
const std::string keyB(64, 'b');
constexpr Duration grace = std::chrono::minutes(15);

model::Slot slotWithSerial(const std::string& serial)
{
    auto slot = slotWith("slot-a", oneDay * 90, fingerprintOf('b'));
    slot.certificate.serial = serial;
    return slot;
}

} // namespace

TEST_CASE("a renewal that no order explains is told, with who asked for it, and once")
{
    WatchFixture fixture;
    CHECK(fixture.take(issued(1, "FF01", oldSerial)) == 0);
    CHECK(fixture.judge() == 1);
    const auto told = fixture.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == "certificate.unexplained");
    CHECK(told[0].agentId == "agent-1");
    CHECK(told[0].slotId == "slot-a");
    CHECK(told[0].certificate.at("serial") == Json(oldSerial));
    CHECK(told[0].details.at("new_serial") == Json("FF01"));
    CHECK(told[0].details.at("requester_address") == Json("192.0.2.66"));
    CHECK(fixture.judge() == 0);
}

TEST_CASE("the renewal of what nobody explained is told too")
{
    WatchFixture fixture;
    fixture.take(issued(1, "FF01", oldSerial));
    CHECK(fixture.judge() == 1);
    fixture.take(issued(2, "FF02", "FF01"));
    CHECK(fixture.judge() == 1);
    CHECK(fixture.told().at(1).slotId == "slot-a");
    CHECK(fixture.told().at(1).certificate.at("serial") == Json("FF01"));
}

TEST_CASE("an order that came to the serial explains a renewal, at once")
{
    WatchFixture fixture;
    fixture.order("completed", "FF01");
    fixture.take(issued(1, "FF01", oldSerial));
    CHECK(fixture.judge(grace) == 0);
    CHECK(fixture.waiting() == 0);
    CHECK(fixture.told().empty());
}

TEST_CASE("a slot that has the new certificate explains nothing, and is where to look")
{
    WatchFixture fixture;
    std::string where = "agent-1";
    SUBCASE("the slot that had the old one") { fixture.report(where, slotWithSerial("FF01")); }
    SUBCASE("the slot of another agent: the thief has one too")
    {
        where = "agent-2";
        fixture.join(where, "thief.example.test");
        fixture.report(where, slotWithSerial("FF01"));
    }
    fixture.take(issued(1, "FF01", oldSerial));
    CHECK(fixture.judge() == 1);
    REQUIRE(fixture.told().size() == 1);
    CHECK(fixture.told()[0].slotId == "slot-a");
    CHECK(fixture.told()[0].agentId == "agent-1");
    CHECK(fixture.told()[0].details.at("seen_at") == Json(Json::Array{Json(where)}));
}

TEST_CASE("an agent that says it renewed what it never had explains nothing")
{
    WatchFixture fixture;
    fixture.join("agent-2", "thief.example.test");
    SUBCASE("it never had it") {}
    SUBCASE("it had a copy, later than the other host")
    {
        fixture.report("agent-2", slotWith("slot-a", oneDay * 50));
    }
    SUBCASE("the host is gone, the copy is not")
    {
        fixture.report("agent-2", slotWith("slot-a", oneDay * 50));
        must(fixture.inventory.take(model::AgentId("agent-1"), {today, {}, {}}));
        fixture.before = eventsIn(*fixture.database).size();
    }
    fixture.order("completed", "FF01", Origin::AgentAlone, "agent-2");
    fixture.take(issued(1, "FF01", oldSerial));
    CHECK(fixture.judge() == 1);
    REQUIRE(fixture.told().size() == 1);
    CHECK(fixture.told()[0].agentId == "agent-1");
    CHECK(fixture.told()[0].details.at("seen_at") == Json(Json::Array{Json("agent-2")}));
}

TEST_CASE("an agent's own renewal of its own certificate explains itself")
{
    WatchFixture fixture;
    SUBCASE("alone") { fixture.order("completed", "FF01", Origin::AgentAlone); }
    SUBCASE("by its host's admin") { fixture.order("completed", "FF01", Origin::HostAdmin); }
    SUBCASE("after a report already showed the new one")
    {
        fixture.report("agent-1", slotWithSerial("FF01"));
        fixture.order("completed", "FF01", Origin::AgentAlone);
    }
    SUBCASE("by the agent that has joined anew on the same host")
    {
        fixture.join("agent-2", "web1.example.test");
        fixture.report("agent-2", slotWith("slot-a", oneDay * 50));
        fixture.order("completed", "FF01", Origin::AgentAlone, "agent-2");
    }
    fixture.take(issued(1, "FF01", oldSerial));
    CHECK(fixture.judge() == 0);
    CHECK(fixture.told().empty());
}

TEST_CASE("two hosts that share a certificate renew it by one order each")
{
    WatchFixture fixture;
    fixture.join("agent-2", "web2.example.test");
    fixture.report("agent-2", slotWith("slot-a", oneDay * 50));
    fixture.order("completed", "FF01");
    fixture.order("completed", "FF02", Origin::Controller, "agent-2");
    fixture.take(issued(1, "FF01", oldSerial));
    fixture.take(issued(2, "FF02", oldSerial));
    CHECK(fixture.judge() == 0);
    CHECK(fixture.told().empty());
}

TEST_CASE("an agent that was away long enough to renew twice explains both")
{
    WatchFixture fixture;
    fixture.take(issued(1, "FF01", oldSerial));
    fixture.take(issued(2, "FF02", "FF01"));
    CHECK(fixture.judge(grace) == 0);
    CHECK(fixture.waiting() == 2);
    auto record = fixture.order("completed", "FF01", Origin::AgentAlone);
    record.order.id = model::OrderId("order-second");
    record.oldSerial = "FF01";
    record.newSerial = "FF02";
    must(fixture.database->transaction(
        [&](sql::Session& session) { return controller::orders::insert(session, record); }));
    CHECK(fixture.judge() == 0);
    CHECK(fixture.told().empty());
    // No report has shown the last one yet, and it is known whose it is.
    fixture.take(issued(3, "FF03", "FF02"));
    CHECK(fixture.judge() == 1);
    CHECK(fixture.told().at(0).slotId == "slot-a");
}

TEST_CASE("while an order is open its renewal may still be told; a second successor is not excused")
{
    WatchFixture fixture;
    auto record = fixture.order("installing", "");
    fixture.take(issued(1, "FF01", oldSerial));
    CHECK(fixture.judge() == 0);
    record.open = false;
    record.state = "completed";
    record.newSerial = "FF01";
    fixture.update(record);
    fixture.take(issued(2, "FF02", oldSerial));
    CHECK(fixture.judge() == 1);
    REQUIRE(fixture.told().size() == 1);
    CHECK(fixture.told()[0].details.at("new_serial") == Json("FF02"));
}

TEST_CASE("an order's key decides where both sides told of it")
{
    WatchFixture fixture;
    auto record = fixture.order("submitted", "");
    record.newKey = keyA;
    fixture.update(record);
    SUBCASE("the same request answered twice is one renewal")
    {
        fixture.take(issued(1, "FF01", oldSerial, keyA));
        fixture.take(issued(2, "FF02", oldSerial, keyA));
        CHECK(fixture.judge() == 0);
        CHECK(fixture.waiting() == 0);
    }
    SUBCASE("another key is not excused by the open order")
    {
        fixture.take(issued(1, "FF01", oldSerial, keyB));
        CHECK(fixture.judge(grace) == 0);
        CHECK(fixture.judge() == 1);
    }
    SUBCASE("another key is not excused by the right number")
    {
        record.newSerial = "FF01";
        record.open = false;
        fixture.update(record);
        fixture.take(issued(1, "FF01", oldSerial, keyB));
        CHECK(fixture.judge() == 1);
    }
}

TEST_CASE("the grace begins when the authority's word is heard, not when it issued")
{
    WatchFixture fixture;
    fixture.clock.advance(std::chrono::hours(24 * 14)); // away for two weeks
    fixture.take(issued(1, "FF01", oldSerial));
    CHECK(fixture.judge(grace) == 0);
    fixture.clock.advance(grace);
    CHECK(fixture.judge(grace) == 1);
}

TEST_CASE("the renewal of no certificate of ours is decided at once, of a new one after the grace")
{
    WatchFixture fixture;
    fixture.take(issued(1, "FF01", "0B"));
    CHECK(fixture.judge(grace) == 0);
    CHECK(fixture.waiting() == 0);
    // Issued a moment ago and renewed: whoever has it may not have told of it yet.
    fixture.take(issued(2, "CC01", ""));
    fixture.take(issued(3, "CC02", "CC01"));
    CHECK(fixture.judge(grace) == 0);
    CHECK(fixture.waiting() == 1);
    SUBCASE("it is ours")
    {
        fixture.report("agent-1", slotWithSerial("CC01"));
        CHECK(fixture.judge() == 1);
    }
    SUBCASE("it is not")
    {
        fixture.clock.advance(grace);
        CHECK(fixture.judge(grace) == 0);
        CHECK(fixture.waiting() == 0);
        fixture.take(issued(4, "CC03", "CC01")); // not recent any more
        CHECK(fixture.judge(grace) == 0);
        CHECK(fixture.waiting() == 0);
        CHECK(fixture.told().empty());
    }
}

TEST_CASE("what a slot and an agent had before is remembered within bounds, of no other's making")
{
    WatchFixture fixture;
    const auto count = [&](const std::string& where) {
        std::int64_t found = 0;
        must(fixture.database->read([&](sql::Session& session) -> Status {
            found = must(session.query("SELECT count(*) FROM slot_history WHERE " + where, {}))
                        .front()
                        .integer(0);
            return {};
        }));
        return found;
    };
    const auto add = [&](const std::string& agent, const std::string& slot, int rows) {
        must(fixture.database->transaction([&](sql::Session& session) -> Status {
            for (int row = 0; row < rows; ++row)
                must(controller::slots::addToHistory(
                    session, agent, slot, slot + std::to_string(row)));
            return {};
        }));
    };
    const auto firstHolder = [&](const std::string& serial) {
        std::string agent;
        must(fixture.database->read([&](sql::Session& session) -> Status {
            const auto holders = must(controller::slots::everWithSerial(session, serial));
            if (!holders.empty()) agent = holders.front().agent;
            return {};
        }));
        return agent;
    };
    add("agent-1", "slot-b", 150);
    CHECK(count("slot_id = 'slot-b'") == controller::slots::historyOfSlot);
    CHECK(firstHolder("slot-b149") == "agent-1");
    CHECK(firstHolder("slot-b50") == "agent-1");
    CHECK(firstHolder("slot-b49").empty());
    CHECK(firstHolder(oldSerial) == "agent-1"); // of another slot

    must(fixture.database->transaction([&](sql::Session& session) -> Status {
        const auto filled = session.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT "
            "INTO slot_history (agent_id, slot_id, serial) SELECT 'agent-2', 'slot-' || i, 'S' || "
            "i FROM n",
            {controller::slots::historyOfAgent});
        return filled ? Status() : filled.error();
    }));
    CHECK(count("agent_id = 'agent-2'") == controller::slots::historyOfAgent);
    for (int slot = 0; slot < 100; ++slot)
        add("agent-2", "more-" + std::to_string(slot), 1);
    CHECK(count("agent_id = 'agent-2'") < controller::slots::historyOfAgent + 100);
    CHECK(firstHolder("S1").empty());
    CHECK(firstHolder(oldSerial) == "agent-1"); // what another reports makes nobody else's go
}
