// The places that policies want filled, as the controller counts them.

#include "controller/inventory/empty_places.h"

#include "shared/policy/wanted_places.h"
#include "tests/support/controller_nouns.h"

using namespace perennial;
using namespace perennial::test;
namespace orders = controller::orders;
namespace slots = controller::slots;

namespace {

struct Fixture {
    Fixture()
    {
        auto policy = webPolicy();
        policy.keyType = "ec-p256";
        policy.enroll = {"web-enroller", "WebServer"};
        policy.place = {"/etc/nginx/tls/web.pem", "/etc/nginx/tls/web.key", {"{host}"}, "", {}};
        set.policies = {policy};
        wanted = policy::wantedSlots(
            set, {agents.front().agent, agents.front().host, agents.front().labels})
                     .front();
        must(database->transaction([&](sql::Session& session) -> Status {
            for (const auto& agent : agents)
                must(controller::agents::insert(session, agent));
            return {};
        }));
    }
    controller::EmptyPlaces count()
    {
        controller::EmptyPlaces places;
        must(database->read([&](sql::Session& session) -> Status {
            places = must(controller::countEmptyPlaces(session, set, agents));
            return {};
        }));
        return places;
    }
    void ended(const std::string& id, const std::string& state, const std::string& slot)
    {
        controller::OrderRecord record;
        record.order.id = model::OrderId(id);
        record.order.agent = agents.front().agent;
        record.order.slot = model::SlotId(slot);
        record.order.origin = model::Origin::AgentAlone;
        record.order.orderedAt = record.updatedAt = moment += Duration(60);
        record.state = state;
        record.open = state == "pending";
        must(database->transaction(
            [&](sql::Session& session) { return orders::insert(session, record); }));
    }

    TemporaryFolder folder{memoryFolder()};
    std::unique_ptr<sql::Database> database = openControllerDatabase(folder / "c.db");
    std::vector<controller::AgentRecord> agents = {agentRecord(),
        agentRecord("agent-2", "web2.example.test"), agentRecord("agent-3", "web3.example.test"),
        agentRecord("agent-4", "mail.example.test")};
    model::PolicySet set;
    model::Slot wanted;
    TimePoint moment = today;
};

} // namespace

TEST_CASE("a wanted place is counted until its agent reports a certificate there")
{
    Fixture fixture;
    fixture.agents.at(2).state = "revoked";
    fixture.agents.at(3).labels = {{"role", "mail"}};
    CHECK(fixture.count().total == 2);
    auto filled = slotWith("slot-1", oneDay * 50);
    must(fixture.database->transaction([&](sql::Session& session) {
        return slots::put(session, slotRecord(filled)); // another place
    }));
    CHECK(fixture.count().total == 2);
    filled.id = fixture.wanted.id;
    filled.place = fixture.wanted.place;
    must(fixture.database->transaction(
        [&](sql::Session& session) { return slots::put(session, slotRecord(filled)); }));
    CHECK(fixture.count().total == 1);
    CHECK(fixture.count().failing == 0);
    fixture.set.policies.clear();
    CHECK(fixture.count().total == 0);
}

TEST_CASE("of the empty places it is counted which wait for approval, and which failed last")
{
    Fixture fixture;
    const auto slot = fixture.wanted.id.text();
    fixture.ended("order-0", "abandoned", "slot-of-another-place");
    fixture.ended("order-1", "abandoned", slot);
    CHECK(fixture.count().total == 4);
    CHECK(fixture.count().failing == 1);
    CHECK(fixture.count().pending == 0);
    fixture.ended("order-2", "completed", slot); // the next report will show it
    CHECK(fixture.count().failing == 0);
    fixture.ended("order-3", "rolled_back", slot);
    fixture.ended("order-4", "pending", slot);
    CHECK(fixture.count().failing == 1);
    CHECK(fixture.count().pending == 1);
}
