#include "shared/base/json.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string order = "0198a000-0000-7000-8000-000000000001";
const std::string ordered =
    R"({"order_id":")" + order + R"(","agent_id":"agent-1","slot_id":"slot-1"})";

std::string renewalIn(const std::string& state, const std::string& more = "")
{
    return R"({"order_id":")" + order + R"(","state":")" + state +
           R"(","updated_at":"2026-09-21T14:13:20Z","old_serial":"01AB","milliseconds":3250)" +
           more + "}";
}

std::string certificate(const std::string& agent, const std::string& slot, const std::string& name,
    const std::string& serial)
{
    return R"({"agent_id":")" + agent + R"(","slot_id":")" + slot + R"(","name":")" + name +
           R"(","serial":")" + serial + "\"}";
}

} // namespace

TEST_CASE("a renewal is ordered for an agent and a slot")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("POST /v1/renewals", ordered, 201);
    const auto run = cli.run({"renew", "agent-1", "slot-1"});
    CHECK(run.status == 0);
    CHECK(contains(run.out, order));
    CHECK(server.asked() == std::vector<std::string>{
                                R"(POST /v1/renewals {"agent_id":"agent-1","slot_id":"slot-1"})"});
    const auto json = cli.run({"renew", "agent-1", "slot-1", "--json"});
    CHECK(*Json::parse(json.out) == *Json::parse(ordered));
}

TEST_CASE("--wait tells each state once and ends with 0 when the renewal is completed")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("POST /v1/renewals", ordered, 201);
    for (const std::string state : {"ordered", "ordered", "submitted", "installing"})
        server.answers("GET /v1/renewals/" + order, renewalIn(state));
    server.answers("GET /v1/renewals/" + order, renewalIn("completed", R"(,"new_serial":"02CD")"));
    const auto run = cli.run({"renew", "agent-1", "slot-1", "--wait"});
    CHECK(run.status == 0);
    CHECK(run.out == "ordered: renewal " + order +
                         "\n"
                         "2026-09-21 14:13  ordered\n"
                         "2026-09-21 14:13  submitted\n"
                         "2026-09-21 14:13  installing\n"
                         "completed in 3.2 s: serial 01AB is replaced by 02CD\n");
}

TEST_CASE("--wait ends with 1 and the reason when the renewal ended in any other way")
{
    for (const std::string state : {"rolled_back", "abandoned", "already_done"}) {
        Cli cli;
        ApiServer server(cli);
        server.answers("POST /v1/renewals", ordered, 201);
        server.answers("GET /v1/renewals/" + order,
            renewalIn(state, R"(,"message":"the listener serves the old certificate")"));
        const auto run = cli.run({"renew", "agent-1", "slot-1", "--wait"});
        CHECK(run.status == 1);
        CHECK(contains(run.err, state));
        CHECK(contains(run.err, "the listener serves the old certificate"));
        const auto json = cli.run({"renew", "agent-1", "slot-1", "--wait", "--json"});
        CHECK(json.status == 1);
        CHECK(*Json::parse(json.out)->find("state")->string() == state);
    }
}

TEST_CASE("--wait goes on while a controller is away for a moment")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("POST /v1/renewals", ordered, 201);
    server.answers("GET /v1/renewals/" + order, R"({"error":{"message":"restarting"}})", 503);
    server.answers("GET /v1/renewals/" + order, renewalIn("completed"));
    CHECK(cli.run({"renew", "agent-1", "slot-1", "--wait"}).status == 0);
}

TEST_CASE("a renewal that is open already is refused with 1")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("POST /v1/renewals",
        R"({"error":{"kind":"conflict","message":"a renewal of this slot is open"}})", 409);
    const auto run = cli.run({"renew", "agent-1", "slot-1", "--wait"});
    CHECK(run.status == 1);
    CHECK(contains(run.err, "a renewal of this slot is open"));
}

TEST_CASE("a certificate is found by its name, or by its serial number however it is written")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("POST /v1/renewals", ordered, 201);
    server.answers("GET /v1/certificates?limit=1000&name=b.test",
        "{\"items\":[" + certificate("agent-2", "slot-2", "b.test", "02CD") + "]}");
    server.answers("GET /v1/certificates?limit=1000",
        "{\"items\":[" + certificate("agent-1", "slot-1", "a.test", "01AB") + "," +
            certificate("agent-2", "slot-2", "b.test", "02CD") + "]}");
    const auto body = [&] { return server.asked().back(); };
    REQUIRE(cli.run({"renew", "--certificate", "b.test"}).status == 0);
    CHECK(body() == R"(POST /v1/renewals {"agent_id":"agent-2","slot_id":"slot-2"})");
    for (const std::string serial : {"01AB", "1ab", "01:ab", "00:00:01:AB"}) {
        REQUIRE(cli.run({"renew", "--serial", serial}).status == 0);
        CHECK(body() == R"(POST /v1/renewals {"agent_id":"agent-1","slot_id":"slot-1"})");
    }
    CHECK(cli.run({"renew", "--serial", "01AC"}).status == 1);
}

TEST_CASE("a name that several certificates have renews none of them")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/certificates?limit=1000&name=a.test",
        "{\"items\":[" + certificate("agent-1", "slot-1", "a.test", "01AB") + "," +
            certificate("agent-2", "slot-2", "a.test", "02CD") + "]}");
    const auto run = cli.run({"renew", "--certificate", "a.test"});
    CHECK(run.status == 1);
    CHECK(contains(run.err, "perennial renew agent-1 slot-1"));
    CHECK(contains(run.err, "perennial renew agent-2 slot-2"));
    CHECK(server.asked().size() == 1);
}

TEST_CASE("which certificate must be said in exactly one way")
{
    Cli cli;
    const ApiServer server(cli);
    for (const std::vector<std::string>& more :
        {std::vector<std::string>{}, {"agent-1"}, {"agent-1", "slot-1", "--serial", "1"},
            {"--certificate", "a", "--serial", "1"}, {"--serial", "00"}, {"a", "b", "c"}}) {
        std::vector<std::string> command = {"renew"};
        command.insert(command.end(), more.begin(), more.end());
        CHECK(cli.run(command).status == 2);
    }
    CHECK(server.asked().empty());
}
