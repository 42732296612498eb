// What is told of a certificate because of what other slots hold.

#include "controller/inventory/inventory.h"
#include "controller/storage/authority_store.h"
#include "tests/support/controller_nouns.h"
#include "tests/support/fake_clock.h"

using namespace perennial;
using namespace perennial::test;
namespace agents = controller::agents;
namespace authority = controller::authority;

namespace {

struct Fixture {
    Fixture()
    {
        must(database->transaction([&](sql::Session& session) -> Status {
            must(agents::insert(session, agentRecord()));
            return agents::insert(session, agentRecord("agent-2", "web2.example.test"));
        }));
    }
    // The events of this report alone, but for certificate.discovered and .changed_outside.
    std::vector<model::AuditEvent> take(
        const std::vector<model::Slot>& reported, const std::string& agent = "agent-1")
    {
        const auto before = eventsIn(*database).size();
        must(inventory.take(model::AgentId(agent), {clock.now(), reported, {}}));
        std::vector<model::AuditEvent> events;
        const auto all = eventsIn(*database);
        for (auto i = before; i < all.size(); ++i) {
            CHECK(undocumentedDetails(all[i]).empty());
            if (all[i].kind != "certificate.discovered" &&
                all[i].kind != "certificate.changed_outside" &&
                all[i].kind != "certificate.disappeared")
                events.push_back(all[i]);
        }
        return events;
    }

    TemporaryFolder folder{memoryFolder()};
    FakeClock clock{today};
    std::unique_ptr<sql::Database> database = openControllerDatabase(folder / "c.db");
    controller::Inventory inventory{*database, clock};
};

model::Slot named(const std::string& id, char fingerprint, const std::vector<std::string>& names)
{
    auto slot = slotWith(id, oneDay * 50, fingerprintOf(fingerprint));
    slot.certificate.names = names;
    return slot;
}

std::string textOf(const Json& json) { return json.canonical(); }

} // namespace

TEST_CASE("a name that comes to a second agent is told once, and not again at each renewal")
{
    Fixture fixture;
    CHECK(fixture.take({named("slot-a", 'a', {"dns:web.test", "dns:one.test"})}).empty());
    CHECK(fixture
              .take({named("slot-a", 'a', {"dns:web.test", "dns:one.test"}),
                  named("slot-b", 'b', {"dns:web.test"})})
              .empty()); // the same agent's
    const auto told =
        fixture.take({named("slot-a", 'c', {"dns:web.test", "dns:two.test"})}, "agent-2");
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == "certificate.name_shared");
    CHECK(told[0].agentId == "agent-2");
    CHECK(textOf(told[0].details.at("names")) == R"(["dns:web.test"])");
    CHECK(textOf(told[0].details.at("agents")) == R"(["agent-1"])");

    CHECK(
        fixture.take({named("slot-a", 'd', {"dns:web.test", "dns:two.test"})}, "agent-2").empty());
    const auto more =
        fixture.take({named("slot-a", 'e', {"dns:web.test", "dns:one.test"})}, "agent-2");
    REQUIRE(more.size() == 1);
    CHECK(textOf(more[0].details.at("names")) == R"(["dns:one.test"])");
    CHECK(fixture.take({}, "agent-2").empty());
    CHECK(fixture
              .take({named("slot-a", 'a', {"dns:web.test", "dns:two.test"}),
                  named("slot-b", 'b', {"dns:web.test"})})
              .empty()); // agent-2 has none of them any more
}

TEST_CASE("a certificate with the name of another agent's host is told once, its own host's is not")
{
    Fixture fixture;
    CHECK(fixture.take({named("slot-a", 'a', {"dns:web1.example.test"})}).empty());
    const auto wrong = named("slot-b", 'b', {"dns:web2.example.test", "dns:one.test"});
    const auto told = fixture.take({named("slot-a", 'a', {"dns:web1.example.test"}), wrong});
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == "certificate.foreign_name");
    CHECK(told[0].slotId == "slot-b");
    CHECK(textOf(told[0].details.at("names")) == R"(["dns:web2.example.test"])");
    CHECK(textOf(told[0].details.at("agents")) == R"(["agent-2"])");
    auto renewed = wrong;
    renewed.certificate.fingerprint = fingerprintOf('c');
    renewed.certificate.serial = "77";
    CHECK(fixture.take({named("slot-a", 'a', {"dns:web1.example.test"}), renewed}).empty());
}

TEST_CASE("certificates that are their own issuer share names and numbers as they like")
{
    Fixture fixture;
    auto own = named("slot-a", 'a', {"dns:localhost"});
    own.certificate.selfSigned = true;
    CHECK(fixture.take({own}).empty());
    auto other = named("slot-a", 'b', {"dns:localhost"});
    other.certificate.selfSigned = true;
    other.certificate.serial = own.certificate.serial;
    CHECK(fixture.take({other}, "agent-2").empty());
}

TEST_CASE(
    "one issuer and serial number on two certificates is told; the same certificate twice is not")
{
    Fixture fixture;
    CHECK(fixture.take({named("slot-a", 'a', {"dns:one.test"})}).empty());
    CHECK(fixture.take({named("slot-a", 'a', {})}, "agent-2").empty()); // a copy of it
    auto other = named("slot-b", 'b', {"dns:two.test"});
    other.certificate.serial = "0A1B2C";
    auto elsewhere = named("slot-c", 'c', {"dns:three.test"});
    elsewhere.certificate.serial = "0A1B2C";
    elsewhere.certificate.issuer = "CN=Another";
    const auto told = fixture.take({named("slot-a", 'a', {}), other, elsewhere}, "agent-2");
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == "certificate.serial_reused");
    CHECK(told[0].slotId == "slot-b");
    CHECK(told[0].details.at("other_fingerprint") == Json(fingerprintOf('a').text()));
    CHECK(fixture.take({named("slot-a", 'a', {}), other, elsewhere}, "agent-2").empty());
}

TEST_CASE("a certificate that was revoked before it was seen is told when it appears")
{
    Fixture fixture;
    must(fixture.database->transaction([](sql::Session& session) -> Status {
        const auto taken =
            authority::takeRevocation(session, {"0A1B2C", true, "keyCompromise", today, 1});
        return taken ? Status() : Status(taken.error());
    }));
    const auto told = fixture.take({named("slot-a", 'a', {}), named("slot-b", 'b', {})});
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == "certificate.revoked");
    CHECK(told[0].slotId == "slot-a");
    CHECK(told[0].details.at("revocation_reason") == Json("keyCompromise"));
}
