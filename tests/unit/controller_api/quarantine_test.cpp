// A cloned machine: two processes with one identity. Both are turned away until an operator looks.

#include "tests/unit/controller_api/api_fixture.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Cloned : ControllerApi {
    Cloned()
    {
        addOperator("operator");
        addOperator("viewer");
    }
    bool isQuarantined(const std::string& instance)
    {
        const auto said = checkin(agent, instance);
        REQUIRE(said.status == 200);
        return must(protocol::checkinAnswerFromJson(said.json)).quarantined;
    }
    Said release(const std::string& token = "operator-token")
    {
        return operate(token, "POST", "/v1/agents/" + agent.id.text() + "/release");
    }
    Joined agent = join("web1.example.test");
};

} // namespace

TEST_CASE("restarts are no clones")
{
    Cloned api;
    for (const auto* instance : {"a", "a", "b", "b", "c", "b", "c", "c"})
        CHECK_FALSE(api.isQuarantined(instance)); // the late "b" waited here while it was restarted
    for (int restart = 0; restart < 200; ++restart)
        CHECK_FALSE(api.isQuarantined("restart-" + std::to_string(restart)));
    CHECK(api.count("agent.quarantined") == 0);
}

TEST_CASE("two processes of one agent are both turned away, and told of once")
{
    Cloned api;
    CHECK_FALSE(api.isQuarantined("a"));
    CHECK_FALSE(api.isQuarantined("b"));
    CHECK_FALSE(api.isQuarantined("a"));
    CHECK_FALSE(api.isQuarantined("b"));
    CHECK(api.isQuarantined("a"));
    CHECK(api.isQuarantined("b"));
    CHECK(api.isQuarantined("c"));
    CHECK(api.count("agent.quarantined") == 1);
    CHECK(api.last("agent.quarantined").agentId == api.agent.id.text());
    CHECK(undocumentedDetails(api.last("agent.quarantined")).empty());
    for (const auto* path : {"/v1/documents", "/v1/inventory", "/v1/events", "/v1/identity"})
        CHECK(api.ask(api.agent.identity, path == std::string("/v1/documents") ? "GET" : "POST",
                     path, "{}")
                  .status == 403);
    CHECK(api.operate("viewer-token", "GET", "/v1/agents").text.find("\"quarantined\"") !=
          std::string::npos);
    const auto other = api.join("web2.example.test");
    CHECK(must(protocol::checkinAnswerFromJson(api.checkin(other, "b").json)).quarantined == false);
}

TEST_CASE("a restarted controller knows both the instances and the quarantine")
{
    Cloned api;
    CHECK_FALSE(api.isQuarantined("a"));
    CHECK_FALSE(api.isQuarantined("b"));
    REQUIRE(api.directory->saveSeen());
    controller::AgentDirectory restarted(*api.database, api.clock);
    REQUIRE(restarted.reload());
    protocol::Checkin question;
    question.instance = "b";
    CHECK_FALSE(restarted.checkedIn(api.agent.id, question).cloned);
    question.instance = "a";
    CHECK_FALSE(restarted.checkedIn(api.agent.id, question).cloned);
    CHECK(restarted.checkedIn(api.agent.id, question).cloned);

    CHECK_FALSE(api.isQuarantined("a"));
    CHECK(api.isQuarantined("a"));
    controller::AgentDirectory later(*api.database, api.clock);
    REQUIRE(later.reload());
    CHECK(later.checkedIn(api.agent.id, question).quarantined);
}

TEST_CASE("an operator releases it, nobody else, and only what is quarantined")
{
    Cloned api;
    CHECK(api.release().status == 404);
    for (const auto* instance : {"a", "b", "a", "b", "a"})
        (void)api.isQuarantined(instance);
    CHECK(api.release("viewer-token").status == 403);
    CHECK(api.isQuarantined("b"));
    CHECK(api.release().status == 200);
    CHECK(api.last("agent.released").actor.id == "the-operator");
    CHECK_FALSE(api.isQuarantined("b"));
    CHECK_FALSE(api.isQuarantined("b"));
    CHECK_FALSE(api.isQuarantined("a")); // unless the other one is still there
    CHECK_FALSE(api.isQuarantined("b"));
    CHECK(api.isQuarantined("b"));
    CHECK(api.count("agent.quarantined") == 2);
}
