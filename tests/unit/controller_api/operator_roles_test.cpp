#include "tests/unit/controller_api/api_fixture.h"

#include <algorithm>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Office : ControllerApi {
    Office()
    {
        for (const auto* role : {"viewer", "auditor", "operator"})
            addOperator(role);
    }
};

struct Line {
    const char* method;
    std::string path;
    const char* body;
    int viewer; // the status that each role gets
    int auditor;
    int operatorRole;
};

} // namespace

TEST_CASE("each role may do what is its own, and nothing else")
{
    Office office;
    const auto agent = office.join("web1.example.test");
    const std::string token = R"({"host":"web2.example.test"})";
    const std::string order = R"({"agent_id":"agent-1","slot_id":"slot-1"})";
    const std::vector<Line> lines = {
        {"GET", "/v1/status", "", 200, 403, 200},
        {"GET", "/v1/agents", "", 200, 403, 200},
        {"GET", "/v1/certificates", "", 200, 403, 200},
        {"GET", "/v1/renewals", "", 200, 403, 200},
        {"GET", "/v1/renewals/none", "", 404, 403, 404},
        {"GET", "/v1/policies", "", 200, 403, 200},
        {"GET", "/v1/join-tokens", "", 200, 403, 200},
        {"GET", "/metrics", "", 200, 403, 200},
        {"GET", "/v1/audit/events", "", 403, 200, 200},
        {"GET", "/v1/audit/checkpoint", "", 403, 200, 200},
        {"GET", "/v1/nothing", "", 403, 403, 404},
        {"GET", "/v1/agents/agent-9/revoke", "", 403, 403, 404},
        {"PUT", "/v1/status", "", 403, 403, 404},
        {"GET", "/v1/metrics", "", 403, 403, 404},
        {"POST", "/v1/renewals", order.c_str(), 403, 403, 503},
        {"POST", "/v1/join-tokens", token.c_str(), 403, 403, 201},
        {"POST", "/v1/policies/refresh", "", 403, 403, 503},
        {"POST", "/v1/agents/agent-9/revoke", "", 403, 403, 404},
        {"POST", "/v1/agents/agent-9/release", "", 403, 403, 404},
        {"POST", "/v1/audit/events", "", 403, 403, 404},
        {"DELETE", "/v1/join-tokens/none", "", 403, 403, 404},
        {"DELETE", "/v1/agents/" + agent.id.text(), "", 403, 403, 404},
        {"PUT", "/v1/policies", "", 403, 403, 404},
    };
    for (const auto& line : lines) {
        INFO(line.method, " ", line.path);
        office.clock.advance(Duration(60)); // three failures are forgotten
        const auto as = [&](const std::string& who) {
            return office.operate(who, line.method, line.path, line.body).status;
        };
        CHECK(as("viewer-token") == line.viewer);
        CHECK(as("auditor-token") == line.auditor);
        CHECK(as("operator-token") == line.operatorRole);
        CHECK(as("") == 401);
        CHECK(as("viewer-toke") == 401);
        CHECK(as("OPERATOR-TOKEN") == 401);
    }
    CHECK(office.directory->find(agent.id)->state == "active");
    // A new route needs a line here.
    for (const auto& route : controller::OperatorApi::routes()) {
        if (route.access == http::Access::Everybody) continue;
        INFO(route.method, " ", route.path);
        CHECK(std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
            return line.method == route.method && http::segmentOf(route.path, line.path);
        }));
    }
}

TEST_CASE("who may not do it is told which role may")
{
    Office office;
    for (const auto& [method, path, role] : {std::tuple{"POST", "/v1/renewals", "role operator"},
             std::tuple{"GET", "/v1/audit/events", "role auditor or operator"},
             std::tuple{"GET", "/v1/nothing", "role operator"}}) {
        const auto said = office.operate("viewer-token", method, path);
        INFO(said.text);
        CHECK(said.text.find("the role viewer may not do this") != std::string::npos);
        CHECK(said.text.find(role) != std::string::npos);
    }
}

TEST_CASE("a refused token is told of, and the token itself is nowhere")
{
    Office office;
    CHECK(office.operate("wrong-token", "GET", "/v1/agents").status == 401);
    must(office.audit->integrate());
    const auto said = office.operate("auditor-token", "GET", "/v1/audit/events");
    REQUIRE(said.status == 200);
    CHECK(said.text.find("admin.signed_in_failed") != std::string::npos);
    CHECK(said.text.find("\"address\":\"127.0.0.1\"") != std::string::npos);
    CHECK(said.text.find("wrong-token") == std::string::npos);
    CHECK(readText(office.folder / "controller.db").find("viewer-token") == std::string::npos);
}

TEST_CASE("only a bearer token opens the operator API")
{
    Office office;
    http::Client client({{{office.authority->certificate()}, ""}, {}});
    for (const auto* value : {"operator-token", "Basic operator-token", "bearer operator-token",
             "Bearer", "Bearer ", "Bearer  operator-token", "Bearer operator-token, Bearer x"}) {
        const auto said = must(client.send({"GET",
            "https://localhost:" + std::to_string(office.operatorServer->port()) + "/v1/agents",
            {{"Authorization", value}}, ""}));
        INFO(value);
        CHECK(said.status == 401);
    }
    // An agent's identity is no operator, and is not even asked for.
    const auto agent = office.join("web1.example.test");
    http::Client asAgent({{{office.authority->certificate()}, ""}, agent.identity});
    CHECK(must(asAgent.send({"GET",
                   "https://localhost:" + std::to_string(office.operatorServer->port()) +
                       "/v1/agents",
                   {}, ""}))
              .status == 401);
}

TEST_CASE("health and readiness are for everybody and tell no more than they must")
{
    Office office;
    CHECK(office.operate("", "GET", "/healthz").text == R"({"status":"ok"})");
    const auto ready = office.operate("", "GET", "/readyz");
    CHECK(ready.status == 503);
    CHECK(ready.text.find("no policies have been read yet") != std::string::npos);
    CHECK(office.operate("", "POST", "/healthz").status == 401);
}

TEST_CASE("what an operator sends wrongly is refused in the usual form")
{
    Office office;
    const auto post = [&](const std::string& path, const std::string& body) {
        return office.operate("operator-token", "POST", path, body).status;
    };
    for (const auto* body :
        {"", "{", "[]", "{}", R"({"host":""})", R"({"host":7})", R"({"host":"a\nb"})",
            R"({"host":"web1","ttl_seconds":0})", R"({"host":"web1","ttl_seconds":3601})",
            R"({"host":"web1","ttl_seconds":-1})", R"({"host":"web1","labels":{"a":1}})",
            R"({"host":"web1","host":"web2"})", R"({"host":"web1","secret":"mine"})"}) {
        INFO(body);
        CHECK(post("/v1/join-tokens", body) == 400);
    }
    for (const auto* body : {"", "{}", R"({"agent_id":"a"})", R"({"agent_id":1,"slot_id":"s"})"}) {
        INFO(body);
        CHECK(post("/v1/renewals", body) == 400);
    }
    for (const auto* query : {"limit=0", "limit=x", "limit=1001", "limit=-1", "wait=61",
             "cursor=nonsense", "cursor=a&start=earliest", "start=nonsense"}) {
        INFO(query);
        CHECK(office.operate("operator-token", "GET", std::string("/v1/audit/events?") + query)
                  .status == 400);
    }
    CHECK(office.count("admin.join_token_created") == 0);
}

TEST_CASE("revoking an agent ends its orders")
{
    Office office;
    const auto agent = office.join("web1.example.test");
    controller::OrderRecord record;
    record.order.id = model::OrderId("order-a");
    record.order.agent = agent.id;
    record.order.slot = model::SlotId("slot-1");
    record.order.orderedAt = record.updatedAt = office.clock.now();
    must(office.database->transaction(
        [&](sql::Session& session) { return controller::orders::insert(session, record); }));
    CHECK(office.operate("operator-token", "POST", "/v1/agents/" + agent.id.text() + "/revoke")
              .status == 200);
    const auto shown = office.operate("viewer-token", "GET", "/v1/renewals?state=abandoned");
    CHECK(shown.text.find("the agent was revoked") != std::string::npos);
}
