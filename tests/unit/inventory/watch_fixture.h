#pragma once

#include "controller/inventory/enrollment_watch.h"
#include "controller/inventory/inventory.h"
#include "controller/inventory/renewal_judgement.h"
#include "tests/support/controller_nouns.h"
#include "tests/support/fake_clock.h"

namespace perennial::test {

inline const std::string oldSerial = "0A1B2C"; // of slotWith

// A controller that has one agent with one slot, and hears what the authority tells.
struct WatchFixture {
    WatchFixture()
    {
        join("agent-1", "web1.example.test");
        report("agent-1", slotWith("slot-a", oneDay * 50));
    }
    void join(const std::string& agent, const std::string& host)
    {
        must(database->transaction([&](sql::Session& session) {
            return controller::agents::insert(session, agentRecord(agent, host));
        }));
    }
    void report(const std::string& agent, const model::Slot& slot)
    {
        must(inventory.take(model::AgentId(agent), {clock.now(), {slot}, {}}));
        before = eventsIn(*database).size();
    }
    int take(const std::string& items) { return takePage(R"({"items":)" + items + "}"); }
    int takePage(const std::string& page)
    {
        return must(controller::EnrollmentWatch::take(
                        *database, must(Json::parse(page)), clock.preciseNow()))
            .told;
    }
    int note(const Status& reached)
    {
        return must(controller::EnrollmentWatch::noteOutcome(
            *database, "https://pki.example.test:8445", reached, clock.preciseNow()));
    }
    controller::authority::WatchState state()
    {
        controller::authority::WatchState found;
        must(database->read([&](sql::Session& session) -> Status {
            found = must(controller::authority::watchState(session));
            return {};
        }));
        return found;
    }
    int judge(Duration grace = Duration(0))
    {
        return must(controller::judgeRenewals(*database, grace, clock.preciseNow()));
    }
    controller::OrderRecord order(const std::string& state, const std::string& newSerial,
        model::Origin origin = model::Origin::Controller, const std::string& agent = "agent-1")
    {
        controller::OrderRecord record;
        record.order.id = model::OrderId("order-" + state + "-" + agent);
        record.order.agent = model::AgentId(agent);
        record.order.slot = model::SlotId("slot-a");
        record.order.origin = origin;
        record.order.orderedAt = today;
        record.state = state;
        record.open = state != "completed" && state != "abandoned";
        record.oldSerial = oldSerial;
        record.newSerial = newSerial;
        must(database->transaction(
            [&](sql::Session& session) { return controller::orders::insert(session, record); }));
        return record;
    }
    void update(const controller::OrderRecord& record)
    {
        must(database->transaction(
            [&](sql::Session& session) { return controller::orders::update(session, record); }));
    }
    std::size_t waiting() // to be judged again
    {
        std::size_t count = 0;
        must(database->read([&](sql::Session& session) -> Status {
            count = must(controller::authority::renewals(session)).size();
            return {};
        }));
        return count;
    }
    // Since the last report.
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

// An event certificate.issued, in the list that the authority gives.
inline std::string issued(
    int id, const std::string& serial, const std::string& renews, const std::string& publicKey = {})
{
    return R"([{"id":)" + std::to_string(id) +
           R"(,"kind":"certificate.issued","time":"2026-09-21T14:00:00Z","details":{"serial":")" +
           serial + R"(","renews":")" + renews + R"(","public_key_sha256":")" + publicKey +
           R"(","requester":"certificate 0A","address":"192.0.2.66"}}])";
}

} // namespace perennial::test
