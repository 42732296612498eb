#include "tests/unit/controller_api/api_fixture.h"

using namespace perennial;
using namespace perennial::test;
using controller::OrderRecord;

namespace {

struct Two : ControllerApi {
    Joined a = join("web1.example.test");
    Joined b = join("web2.example.test");

    std::int64_t acknowledged(const Said& said)
    {
        REQUIRE_MESSAGE(said.status == 200, said.message);
        return *said.json.find("acknowledged")->integer();
    }
    void order(const std::string& id, const model::AgentId& agent, const std::string& slot)
    {
        OrderRecord record;
        record.order.id = model::OrderId(id);
        record.order.agent = agent;
        record.order.slot = model::SlotId(slot);
        record.order.orderedAt = record.updatedAt = clock.now();
        record.order.replaces = fingerprintOf('a');
        record.order.policy = "web";
        record.order.policyCommit = std::string(40, 'c');
        must(database->transaction(
            [&](sql::Session& session) { return controller::orders::insert(session, record); }));
        must(directory->reload());
    }
    std::string stateOf(const std::string& id)
    {
        std::string state;
        must(database->read([&](sql::Session& session) -> Status {
            const auto record = must(controller::orders::find(session, model::OrderId(id)));
            state = record ? record->state : "none";
            return {};
        }));
        return state;
    }
};

} // namespace

TEST_CASE("repeats of an agent's events are acknowledged and kept once")
{
    Two api;
    const std::vector<model::AuditEvent> batch = {
        toldBy(api.a.id, "scan.completed", 1), toldBy(api.a.id, "scan.failed", 2)};
    CHECK(api.acknowledged(api.events(api.a, batch)) == 2);
    CHECK(api.acknowledged(api.events(api.a, batch)) == 2);
    CHECK(api.acknowledged(api.events(api.a, {})) == 2);
    CHECK(api.count("scan.completed") == 1);
    CHECK(api.count("scan.failed") == 1);
    CHECK(api.count("agent.seq_gap") == 0);
    CHECK(api.acknowledged(api.events(api.b, {toldBy(api.b.id, "scan.completed", 1)})) == 1);
}

TEST_CASE("gaps in an agent's numbers and numbers that begin anew are told, and nothing is lost")
{
    Two api;
    CHECK(api.acknowledged(api.events(api.a, {toldBy(api.a.id, "scan.completed", 1)})) == 1);
    CHECK(api.acknowledged(api.events(api.a, {toldBy(api.a.id, "scan.failed", 5)})) == 5);
    auto gap = api.last("agent.seq_gap");
    CHECK(gap.details.at("expected") == Json(2));
    CHECK(gap.details.at("received") == Json(5));
    CHECK(gap.agentId == api.a.id.text());
    CHECK(undocumentedDetails(gap).empty());
    CHECK(api.acknowledged(api.events(api.a, {toldBy(api.a.id, "scan.completed", 1)}, "epoch-2")) ==
          1);
    gap = api.last("agent.seq_gap");
    CHECK(gap.details.at("expected") == Json(6));
    CHECK(gap.details.at("received") == Json(1));
    CHECK(api.count("scan.completed") == 2);
    // Nothing begins anew without an event: the number goes on where it was.
    CHECK(api.acknowledged(api.events(api.a, {}, "epoch-3")) == 0);
    CHECK(api.acknowledged(api.events(api.a, {}, "epoch-2")) == 1);
    const auto gaps = api.count("agent.seq_gap");
    CHECK(
        api.acknowledged(api.events(api.a, {toldBy(api.a.id, "scan.failed", 2)}, "epoch-2")) == 2);
    CHECK(api.count("agent.seq_gap") == gaps);
}

TEST_CASE("an agent tells of itself only")
{
    Two api;
    CHECK(api.events(api.a, {toldBy(api.b.id, "scan.completed", 1)}).status == 400);
    // One false event costs the batch: nothing of it is kept.
    CHECK(api.events(api.a,
                 {toldBy(api.a.id, "scan.completed", 1), toldBy(api.b.id, "scan.completed", 2)})
              .status == 400);
    CHECK(api.count("scan.completed") == 0);
    auto nobody = toldBy(model::AgentId(""), "scan.completed", 1);
    CHECK(api.events(api.a, {nobody}).status == 400);
}

TEST_CASE("who spoke and from where is known from the connection")
{
    Two api;
    auto event = toldBy(api.a.id, "renewal.failed", 1);
    event.actor = {"controller", "root", "token", "192.0.2.1"};
    event.host = "web2.example.test";
    CHECK(api.acknowledged(api.events(api.a, {event})) == 1);
    auto kept = api.last("renewal.failed");
    CHECK(kept.actor == model::Actor{"agent", api.a.id.text(), "mtls", "127.0.0.1"});
    CHECK(kept.host == "web1.example.test");
    event = toldBy(api.a.id, "renewal.autonomous", 2);
    event.actor = {"human", "root", "local", "192.0.2.1"};
    CHECK(api.acknowledged(api.events(api.a, {event})) == 2);
    CHECK(api.last("renewal.autonomous").actor ==
          model::Actor{"human", "root", "local", "127.0.0.1"});
}

TEST_CASE("what only the controller or an operator may say, no agent says")
{
    Two api;
    const std::vector<std::string> may = {"key.generated", "request.submitted", "renewal.completed",
        "certificate.installed", "policy.applied", "scan.completed"};
    std::int64_t sequence = 0;
    for (const auto kind : model::eventKinds) {
        const std::string name(kind);
        const bool controllers = name.rfind("admin.", 0) == 0 || name.rfind("audit.", 0) == 0 ||
                                 name == "agent.enrolled" || name == "agent.revoked" ||
                                 name == "renewal.ordered" || name == "certificate.expired" ||
                                 name == "certificate.unexplained" || name == "agent.seq_gap";
        if (!controllers) continue;
        INFO(name);
        CHECK(api.events(api.a, {toldBy(api.a.id, name, sequence + 1)}).status == 400);
        CHECK(api.count(name) ==
              (name == "admin.join_token_created" || name == "agent.enrolled" ? 2U : 0U));
    }
    for (const auto& name : may)
        CHECK(api.events(api.a, {toldBy(api.a.id, name, ++sequence)}).status == 200);
}

TEST_CASE("an agent moves its own orders and no other agent's")
{
    Two api;
    api.order("order-a", api.a.id, "slot-1");
    api.order("order-b", api.b.id, "slot-1");
    CHECK(api.acknowledged(api.events(
              api.a, {toldBy(api.a.id, "renewal.completed", 1, "order-b", "slot-1")})) == 1);
    CHECK(api.stateOf("order-b") == "ordered");
    const auto answer = must(protocol::checkinAnswerFromJson(api.checkin(api.b).json));
    REQUIRE(answer.orders.size() == 1);
    CHECK(answer.orders.front().id == model::OrderId("order-b"));
    // Another slot than the order's changes nothing either.
    CHECK(api.acknowledged(api.events(
              api.a, {toldBy(api.a.id, "renewal.completed", 2, "order-a", "slot-2")})) == 2);
    CHECK(api.stateOf("order-a") == "ordered");
    CHECK(api.acknowledged(api.events(
              api.a, {toldBy(api.a.id, "renewal.completed", 3, "order-a", "slot-1")})) == 3);
    CHECK(api.stateOf("order-a") == "completed");
    CHECK(must(protocol::checkinAnswerFromJson(api.checkin(api.a).json)).orders.empty());
    CHECK(must(protocol::checkinAnswerFromJson(api.checkin(api.b).json)).orders.size() == 1);
}

TEST_CASE("forged ids, kinds, numbers and texts are refused or made harmless")
{
    Two api;
    auto event = toldBy(api.a.id, "scan.failed", 1);
    event.reason = "line\r\n<13>1 forged \x1b[31m";
    CHECK(api.acknowledged(api.events(api.a, {event})) == 1);
    const auto good =
        protocol::toJson(protocol::EventBatch{"epoch-1", {toldBy(api.a.id, "scan.failed", 2)}})
            .canonical();
    const auto refused = [&](const std::string& from, const std::string& to) {
        auto body = good;
        const auto at = body.find(from);
        REQUIRE(at != std::string::npos);
        body.replace(at, from.size(), to);
        INFO(body);
        CHECK(api.ask(api.a.identity, "POST", "/v1/events", body).status == 400);
    };
    refused("\"id\":\"0", "\"id\":\"x");
    refused("scan.failed", "scan.surprise");
    refused("\"agent_seq\":2", "\"agent_seq\":-2");
    refused("\"agent_seq\":2", "\"agent_seq\":0");
    refused("\"agent_seq\":2", "\"agent_seq\":9223372036854775807");
    refused("\"agent_seq\":2", "\"agent_seq\":2,\"seq\":7");
    refused("\"agent_seq\":2", "\"agent_seq\":2,\"recorded_time\":\"2026-01-01T00:00:00.000Z\"");
    refused("\"epoch\":\"epoch-1\"", "\"epoch\":\"epoch-2\"");
    refused("\"epoch\":\"epoch-1\"", "\"epoch\":\"../epoch\"");
    refused("\"outcome\":\"success\"", "\"outcome\":\"sideways\"");
    CHECK(api.count("scan.failed") == 1);
}

TEST_CASE("a private key in a message is refused whole")
{
    Two api;
    auto event = toldBy(api.a.id, "scan.failed", 1);
    Json body = protocol::toJson(protocol::EventBatch{"epoch-1", {event}});
    auto text = body.canonical();
    const std::string key = "\"reason\":\"-----BEGIN PRIVATE KEY-----\\nMC4CAQ\\n\",\"time\"";
    text.replace(text.find("\"time\""), 6, key);
    const auto said = api.ask(api.a.identity, "POST", "/v1/events", text);
    CHECK(said.status == 403);
    CHECK(api.count("scan.failed") == 0);
}
