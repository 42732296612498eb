// What the authority tells, held against orders and slots.

#include "controller/inventory/enrollment_watch.h"
#include "controller/inventory/inventory.h"
#include "tests/support/controller_nouns.h"
#include "tests/support/fake_clock.h"

using namespace perennial;
using namespace perennial::test;
using controller::EnrollmentWatch;
namespace agents = controller::agents;
namespace orders = controller::orders;

namespace {

const std::string oldSerial = "0A1B2C"; // of slotWith

struct Fixture {
    Fixture()
    {
        must(database->transaction(
            [&](sql::Session& session) { return agents::insert(session, agentRecord()); }));
        must(inventory.take(
            model::AgentId("agent-1"), {clock.now(), {slotWith("slot-a", oneDay * 50)}, {}}));
        before = eventsIn(*database).size();
    }
    int take(const std::string& items)
    {
        return must(EnrollmentWatch::take(
            *database, *must(Json::parse(items)).array(), clock.preciseNow()));
    }
    int judge() { return must(EnrollmentWatch::judge(*database, clock.now(), clock.preciseNow())); }
    void order(const std::string& state, bool open, const std::string& newSerial)
    {
        controller::OrderRecord record;
        record.order.id = model::OrderId("order-" + state);
        record.order.agent = model::AgentId("agent-1");
        record.order.slot = model::SlotId("slot-a");
        record.order.orderedAt = today;
        record.state = state;
        record.open = open;
        record.oldSerial = oldSerial;
        record.newSerial = newSerial;
        must(database->transaction(
            [&](sql::Session& session) { return orders::insert(session, record); }));
    }
    std::vector<model::AuditEvent> told() const
    {
        auto all = eventsIn(*database);
        for (auto i = before; i < all.size(); ++i)
            CHECK(undocumentedDetails(all[i]).empty());
        return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
    }

    TemporaryFolder folder{memoryFolder()};
    FakeClock clock{today};
    std::unique_ptr<sql::Database> database = openControllerDatabase(folder / "c.db");
    controller::Inventory inventory{*database, clock};
    std::size_t before = 0;
};

std::string renewal(int id, const std::string& serial, const std::string& renews = oldSerial)
{
    return R"([{"id":)" + std::to_string(id) +
           R"(,"kind":"certificate.issued","time":"2026-09-21T14:00:00Z","details":{"serial":")" +
           serial + R"(","renews":")" + renews +
           R"(","requester":"certificate 0A","address":"192.0.2.66"}}])";
}

} // namespace

TEST_CASE("a renewal that no order and no slot explains is told, with who asked for it")
{
    Fixture fixture;
    CHECK(fixture.take(renewal(1, "FF01")) == 0);
    CHECK(fixture.judge() == 1);
    const auto told = fixture.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == "certificate.unexplained");
    CHECK(told[0].slotId == "slot-a");
    CHECK(told[0].certificate.at("serial") == Json(oldSerial));
    CHECK(told[0].details.at("new_serial") == Json("FF01"));
    CHECK(told[0].details.at("requester_address") == Json("192.0.2.66"));
    CHECK(fixture.judge() == 0);
}

TEST_CASE("an order that came to the serial, or a slot that has it, explains a renewal")
{
    Fixture fixture;
    SUBCASE("order") { fixture.order("completed", false, "FF01"); }
    SUBCASE("slot")
    {
        auto slot = slotWith("slot-a", oneDay * 90, fingerprintOf('b'));
        slot.certificate.serial = "FF01";
        must(fixture.inventory.take(model::AgentId("agent-1"), {today, {slot}, {}}));
        fixture.before = eventsIn(*fixture.database).size();
    }
    fixture.take(renewal(1, "FF01"));
    CHECK(fixture.judge() == 0);
    CHECK(fixture.told().empty());
}

TEST_CASE("while an order is open its renewal may still be told; a second successor is not excused")
{
    Fixture fixture;
    fixture.order("installing", true, "");
    fixture.take(renewal(1, "FF01"));
    CHECK(fixture.judge() == 0);
    must(fixture.database->transaction([](sql::Session& session) -> Status {
        auto record = must(orders::find(session, model::OrderId("order-installing")));
        record->open = false;
        record->state = "completed";
        record->newSerial = "FF01";
        return orders::update(session, *record);
    }));
    fixture.take(renewal(2, "FF02"));
    CHECK(fixture.judge() == 1);
    REQUIRE(fixture.told().size() == 1);
    CHECK(fixture.told()[0].details.at("new_serial") == Json("FF02"));
}

TEST_CASE("what is no certificate of ours, or no renewal, is no affair of ours")
{
    Fixture fixture;
    fixture.take(renewal(1, "FF01", "0B"));
    fixture.take(R"([{"id":2,"kind":"certificate.issued","time":"2026-09-21T14:00:00Z",
        "details":{"serial":"FF03","requester":"ann"}},
        {"id":3,"kind":"crl.published","time":"2026-09-21T14:00:00Z","details":{}}])");
    CHECK(fixture.judge() == 0);
    CHECK(fixture.told().empty());
}

TEST_CASE("a revoked certificate that is in a slot is told once; a hold that is over is forgotten")
{
    Fixture fixture;
    const std::string revoked = R"("kind":"certificate.revoked","time":"2026-09-21T14:00:00Z",
        "details":{"serial":"0A1B2C","reason":"certificateHold"}}])";
    CHECK(fixture.take(R"([{"id":1,)" + revoked) == 1);
    CHECK(fixture.take(R"([{"id":2,)" + revoked) == 0);
    REQUIRE(fixture.told().size() == 1);
    CHECK(fixture.told()[0].kind == "certificate.revoked");
    CHECK(fixture.told()[0].slotId == "slot-a");
    fixture.take(R"([{"id":3,"kind":"certificate.released","time":"2026-09-21T14:00:00Z",
        "details":{"serial":"0A1B2C","reason":"removeFromCRL"}}])");
    CHECK(fixture.take(R"([{"id":4,)" + revoked) == 1);
}

TEST_CASE("events that are not numbered upwards are refused whole")
{
    Fixture fixture;
    const auto items = must(Json::parse(R"([{"id":2,"kind":"x","details":{}},
        {"id":2,"kind":"x","details":{}}])"));
    CHECK(EnrollmentWatch::take(*fixture.database, *items.array(), fixture.clock.preciseNow())
              .error()
              .kind == ErrorKind::InvalidInput);
}
