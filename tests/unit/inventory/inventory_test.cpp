// Reports and expiry alerts with the database.

#include "controller/inventory/inventory.h"
#include "controller/storage/access_store.h"
#include "tests/support/controller_nouns.h"
#include "tests/support/fake_clock.h"

using namespace perennial;
using namespace perennial::test;
namespace slots = controller::slots;
namespace agents = controller::agents;

namespace {

struct Fixture {
    Fixture()
    {
        must(database->transaction([&](sql::Session& session) -> Status {
            must(agents::insert(session, agentRecord()));
            return agents::insert(session, agentRecord("agent-2", "web2.example.test"));
        }));
    }
    Result<std::string> take(
        const std::vector<model::Slot>& reported, const std::string& agent = "agent-1")
    {
        return inventory.take(model::AgentId(agent), {clock.now(), reported, {}});
    }
    std::vector<controller::SlotRecord> known(const std::string& agent = "agent-1")
    {
        std::vector<controller::SlotRecord> found;
        must(database->read([&](sql::Session& session) -> Status {
            found = must(slots::ofAgent(session, model::AgentId(agent)));
            return {};
        }));
        return found;
    }

    TemporaryFolder folder{memoryFolder()};
    FakeClock clock{today};
    std::unique_ptr<sql::Database> database = openControllerDatabase(folder / "c.db");
    controller::Inventory inventory{*database, clock};
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("a report is kept with its digest, and its events are in the outbox")
{
    Fixture fixture;
    const auto a = slotWith("slot-a", oneDay * 50);
    const auto digest = must(fixture.take({a}));
    CHECK(digest == protocol::inventoryDigest({today, {a}, {}}));
    REQUIRE(fixture.known().size() == 1);
    CHECK(fixture.known().front().slot == a);
    CHECK(kindsIn(*fixture.database) == Texts{"certificate.discovered"});
    must(fixture.database->read([&](sql::Session& session) -> Status {
        CHECK((*must(agents::find(session, model::AgentId("agent-1")))).inventoryDigest == digest);
        return {};
    }));
    must(fixture.take({a}));
    CHECK(kindsIn(*fixture.database).size() == 1);
    must(fixture.take({}));
    CHECK(fixture.known().empty());
    CHECK(kindsIn(*fixture.database).back() == "certificate.disappeared");
}

TEST_CASE("agents do not touch each other's slots, though they have the same names")
{
    Fixture fixture;
    must(fixture.take({slotWith("slot-a", oneDay * 50)}));
    must(fixture.take({slotWith("slot-a", oneDay * 9, fingerprintOf('b'))}, "agent-2"));
    must(fixture.take({}, "agent-2"));
    CHECK(fixture.known().size() == 1);
    CHECK(fixture.take({}, "agent-3").error().kind == ErrorKind::NotFound);
}

TEST_CASE("a certificate that a renewal put there is no surprise")
{
    Fixture fixture;
    must(fixture.take({slotWith("slot-a", oneDay * 5), slotWith("slot-b", oneDay * 5)}));
    must(fixture.database->transaction([](sql::Session& session) {
        return controller::writeSetting(
            session, "renewed/agent-1/slot-a", fingerprintOf('b').text());
    }));
    must(fixture.take(
        {slotWith("slot-a", oneDay * 90, fingerprintOf('b')), slotWith("slot-b", oneDay * 5)}));
    CHECK(kindsIn(*fixture.database).size() == 2);

    // What another agent renewed excuses nothing here.
    must(fixture.database->transaction([](sql::Session& session) {
        return controller::writeSetting(
            session, "renewed/agent-10/slot-b", fingerprintOf('e').text());
    }));
    must(fixture.take({slotWith("slot-a", oneDay * 90, fingerprintOf('b')),
        slotWith("slot-b", oneDay * 90, fingerprintOf('e'))}));
    CHECK(kindsIn(*fixture.database).back() == "certificate.changed_outside");
}

TEST_CASE("a slot that could not be read again is refused with the whole report")
{
    Fixture fixture;
    must(fixture.take({slotWith("slot-a", oneDay * 50)}));
    auto huge = slotWith("slot-b", oneDay * 50);
    SUBCASE("too many bytes") { huge.certificate.names.assign(20, std::string(100'000, 'x')); }
    SUBCASE("too many values")
    {
        huge.certificate.names.assign(60'000, "dns:a");
        huge.certificate.extendedKeyUsages.assign(60'000, "1.2.3");
    }
    const auto taken = fixture.take({slotWith("slot-a", oneDay * 50), huge});
    REQUIRE(!taken.ok());
    CHECK(taken.error().kind == ErrorKind::InvalidInput);
    CHECK(taken.error().message.find("slot-b") != std::string::npos);
    CHECK(fixture.known().size() == 1);
    CHECK(kindsIn(*fixture.database).size() == 1);
    must(fixture.database->read([](sql::Session& session) -> Status {
        CHECK(must(slots::all(session)).size() == 1);
        return {};
    }));
}

TEST_CASE("expiry is told once for each threshold, by agent and slot")
{
    Fixture fixture;
    must(fixture.take({slotWith("slot-a", oneDay * 31), slotWith("slot-b", oneDay * 200)}));
    must(fixture.take({slotWith("slot-a", oneDay * 8)}, "agent-2"));
    CHECK(must(fixture.inventory.tellOfExpiry()) == 1); // agent-2 is below 14 days
    CHECK(must(fixture.inventory.tellOfExpiry()) == 0);
    fixture.clock.advance(oneDay);
    CHECK(must(fixture.inventory.tellOfExpiry()) == 2); // 30 here, 7 there
    CHECK(must(fixture.inventory.tellOfExpiry()) == 0);
    fixture.clock.advance(oneDay * 40);
    CHECK(must(fixture.inventory.tellOfExpiry()) == 2);
    CHECK(must(fixture.inventory.tellOfExpiry()) == 0);

    Texts told;
    for (const auto& event : eventsIn(*fixture.database)) {
        if (event.kind.rfind("certificate.expir", 0) != 0) continue;
        CHECK(undocumentedDetails(event).empty());
        const auto days = event.details.find("days_left");
        told.push_back(event.agentId + " " + event.host + " " + event.kind + " " +
                       (days == event.details.end() ? "" : days->second.canonical()));
    }
    CHECK(told == Texts{"agent-2 web2.example.test certificate.expiring 8",
                      "agent-2 web2.example.test certificate.expiring 7",
                      "agent-1 web1.example.test certificate.expiring 30",
                      "agent-2 web2.example.test certificate.expired ",
                      "agent-1 web1.example.test certificate.expired "});
}

TEST_CASE("a new certificate in the slot is told of anew")
{
    Fixture fixture;
    must(fixture.take({slotWith("slot-a", oneDay * 2)}));
    CHECK(must(fixture.inventory.tellOfExpiry()) == 1);
    must(fixture.take({slotWith("slot-a", oneDay * 2, fingerprintOf('b'))}));
    CHECK(must(fixture.inventory.tellOfExpiry()) == 1);
}

TEST_CASE("one agent's strange slot does not keep the others' alerts back")
{
    Fixture fixture;
    auto strange = slotWith("slot-a", oneDay * 2);
    strange.certificate.serial = std::string(200'000, 'F');
    strange.certificate.subject = std::string(200'000, '"');
    must(fixture.take({strange}, "agent-2"));
    must(fixture.take({slotWith("slot-b", oneDay * 3)}));
    CHECK(must(fixture.inventory.tellOfExpiry()) == 2);
}

TEST_CASE("the slots of a banned agent go when its host joins again, and no earlier")
{
    Fixture fixture;
    must(fixture.take({slotWith("slot-a", oneDay * 2)}));
    must(fixture.take({slotWith("slot-a", oneDay * 2)}, "agent-2"));
    must(fixture.database->transaction([](sql::Session& session) -> Status {
        must(agents::setState(session, model::AgentId("agent-1"), "revoked"));
        must(slots::removeOfRevoked(session, "web2.example.test"));
        return {};
    }));
    CHECK(fixture.known().size() == 1);
    CHECK(must(fixture.inventory.tellOfExpiry()) == 2); // somebody should know
    must(fixture.database->transaction([](sql::Session& session) {
        return slots::removeOfRevoked(session, "web1.example.test");
    }));
    CHECK(fixture.known().empty());
    CHECK(fixture.known("agent-2").size() == 1);
}
