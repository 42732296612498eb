#include "shared/base/json.h"
#include "tests/support/golden.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("a join token is made for a host with labels and a life")
{
    Cli cli;
    ApiServer server(cli);
    const std::string made =
        R"({"id":"t1","token":"prnl1.t1.secret.pin","expires":"2026-09-21T14:43:20Z"})";
    server.answers("POST /v1/join-tokens", made, 201);
    const auto run = cli.run({"join-token", "create", "--host", "web1.example.test", "--label",
        "role=web", "--label", "note=a=b", "--ttl", "30m"});
    CHECK(run.status == 0);
    CHECK(run.out == "prnl1.t1.secret.pin\n"); // so that it can be sent into a file
    CHECK(contains(run.err, "2026-09-21 14:43"));
    CHECK_FALSE(contains(run.err, "secret"));
    CHECK(
        server.asked().back() ==
        R"(POST /v1/join-tokens {"host":"web1.example.test","labels":{"note":"a=b","role":"web"},)"
        R"("ttl_seconds":1800})");
    const auto json = cli.run({"join-token", "create", "--host", "h", "--json"});
    CHECK(*Json::parse(json.out) == *Json::parse(made));
    CHECK(contains(server.asked().back(), "\"ttl_seconds\":3600"));
}

TEST_CASE("labels and lives that are none are refused here")
{
    Cli cli;
    const ApiServer server(cli);
    const auto create = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"join-token", "create", "--host", "h"});
        return cli.run(more).status;
    };
    CHECK(create({"--label", "role"}) == 2);
    CHECK(create({"--label", "=web"}) == 2);
    CHECK(create({"--label", "role=a", "--label", "role=b"}) == 2);
    CHECK(create({"--ttl", "60"}) == 2);
    CHECK(create({"--ttl", "-1h"}) == 2);
    CHECK(cli.run({"join-token", "create"}).status == 2);
    CHECK(cli.run({"join-token"}).status == 2);
    CHECK(server.asked().empty());
}

TEST_CASE("join tokens are listed with what became of them, and revoked")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/join-tokens", R"({"items":[
        {"id":"t1","host":"a.test","labels":{"role":"web"},"expires":"2026-09-21T15:00:00Z",
         "used_at":null,"used_by":"","revoked":false},
        {"id":"t2","host":"b.test","labels":{},"expires":"2026-09-21T14:00:00Z","used_at":null,
         "used_by":"","revoked":false},
        {"id":"t3","host":"c.test","labels":{},"expires":"2026-09-21T14:00:00Z",
         "used_at":"2026-09-21T13:30:00Z","used_by":"agent-3","revoked":false},
        {"id":"t4","host":"d.test","labels":{},"expires":"2026-09-21T15:00:00Z","used_at":null,
         "used_by":"","revoked":true}]})");
    checkGolden("cli/join_tokens.txt", cli.run({"join-token", "list"}).out);
    server.answers("DELETE /v1/join-tokens/t1", R"({"id":"t1","revoked":true})");
    CHECK(cli.run({"join-token", "revoke", "t1"}).status == 0);
    CHECK(server.asked().back() == "DELETE /v1/join-tokens/t1");
}
