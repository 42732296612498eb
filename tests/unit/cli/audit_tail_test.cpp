#include "shared/base/json.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>
#include <sstream>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string event(int sequence)
{
    return R"({"actor":{"id":"ann","type":"human"},"host":"web1.example.test","kind":"agent.revoked",)"
           R"("outcome":"success","seq":)" +
           std::to_string(sequence) + R"(,"time":"2026-09-21T14:13:20.000Z"})";
}

std::string page(int first, int count, const std::string& cursor, int head)
{
    std::string items;
    for (int i = 0; i < count; ++i)
        items += (i == 0 ? "" : ",") + event(first + i);
    return "{\"checkpoint\":\"note\",\"has_more\":false,\"head_seq\":" + std::to_string(head) +
           ",\"items\":[" + items + "],\"next_cursor\":\"" + cursor +
           "\",\"oldest_available_seq\":0}";
}

} // namespace

TEST_CASE("the newest events are shown, each in a line")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/audit/events?limit=1&start=latest", page(0, 0, "c10", 10));
    server.answers("GET /v1/audit/events?limit=3&start=7", page(7, 3, "c10", 10));
    const auto run = cli.run({"audit", "tail", "-n", "3"});
    CHECK(run.status == 0);
    CHECK(run.out ==
          "7       2026-09-21 14:13  agent.revoked               web1.example.test by ann\n"
          "8       2026-09-21 14:13  agent.revoked               web1.example.test by ann\n"
          "9       2026-09-21 14:13  agent.revoked               web1.example.test by ann\n");
    const auto json = cli.run({"audit", "tail", "-n", "3", "--json"});
    CHECK(*Json::parse(json.out) == *Json::parse(page(7, 3, "c10", 10)));
}

TEST_CASE("a log that is shorter than what was asked for is shown whole, an empty one as nothing")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/audit/events?limit=1&start=latest", page(0, 0, "c2", 2));
    server.answers("GET /v1/audit/events?limit=2&start=0", page(0, 2, "c2", 2));
    CHECK(
        Json::parse(cli.run({"audit", "tail", "--json"}).out)->find("items")->array()->size() == 2);
    Cli other;
    ApiServer empty(other);
    empty.answers("GET /v1/audit/events?limit=1&start=latest", page(0, 0, "c0", 0));
    CHECK(other.run({"audit", "tail"}).out.empty());
    CHECK(Json::parse(other.run({"audit", "tail", "--json"}).out)->find("items")->array()->empty());
}

TEST_CASE("more than a page of events is asked for page by page")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/audit/events?limit=1&start=latest", page(0, 0, "c0", 1500));
    server.answers("GET /v1/audit/events?limit=1000&start=300", page(300, 1000, "c1300", 1500));
    server.answers("GET /v1/audit/events?cursor=c1300&limit=200", page(1300, 200, "c1500", 1500));
    const auto json = cli.run({"audit", "tail", "-n", "1200", "--json"});
    const auto all = Json::parse(json.out, {16U << 20U, 32, 1'000'000});
    REQUIRE(all);
    REQUIRE(all->find("items")->array()->size() == 1200);
    CHECK(*all->find("items")->array()->back().find("seq")->integer() == 1499);
    CHECK(*all->find("next_cursor")->string() == "c1500");
}

TEST_CASE("--follow goes on from the last cursor until the controller is gone")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/audit/events?limit=1&start=latest", page(0, 0, "c1", 1));
    server.answers("GET /v1/audit/events?limit=1&start=0", page(0, 1, "c1", 1));
    server.answers("GET /v1/audit/events?cursor=c1&limit=1000&wait=20", page(1, 2, "c3", 3));
    server.answers("GET /v1/audit/events?cursor=c3&limit=1000&wait=20", "{}", 503);
    const auto run = cli.run({"audit", "tail", "-n", "1", "--follow", "--json"});
    CHECK(run.status == 4);
    CHECK(run.out == event(0) + "\n" + event(1) + "\n" + event(2) + "\n");
}

TEST_CASE("an auditor's role is asked for when it lacks")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/audit/events?limit=1&start=latest",
        R"({"error":{"kind":"permission-denied","message":"the role viewer may not do this"}})",
        403);
    const auto run = cli.run({"audit", "tail"});
    CHECK(run.status == 1);
    CHECK(contains(run.err, "the role viewer may not do this"));
}
