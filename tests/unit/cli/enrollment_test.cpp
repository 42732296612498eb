#include "shared/base/json.h"
#include "tests/support/golden.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("requests, certificates and events of perennial-enrollment as tables")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/requests?limit=1000&state=pending", R"({"items":[
        {"request_id":7,"state":"pending","kind":"new","requester":"EXAMPLE\\ann","template":"Web",
         "subject":"CN=web1.example.test","names":["web1.example.test","www.example.test"],
         "received_at":"2026-09-21T14:00:00Z","decided_at":null,"decided_by":"","serial":"",
         "message":"an administrator decides"}]})");
    server.answers("GET /v1/certificates?limit=1000", R"({"items":[
        {"serial":"01AB","request_id":6,"subject":"CN=web1.example.test","template":"Web",
         "not_before":"2026-09-21T00:00:00Z","not_after":"2026-12-20T00:00:00Z",
         "fingerprint":"aa","revoked":true}]})");
    server.answers("GET /v1/events?after=0&limit=1000", R"({"items":[
        {"id":1,"time":"2026-09-21T14:00:00Z","kind":"request.received","details":{"request_id":7}},
        {"id":4,"time":"2026-09-21T14:01:00Z","kind":"request.approved","details":"by ann"}]})");
    server.answers("GET /v1/events?after=4&limit=1000", R"({"items":[]})");
    std::string all = cli.run({"enrollment", "requests", "--state", "pending"}).out + "\n";
    all += cli.run({"enrollment", "certificates"}).out + "\n";
    all += cli.run({"enrollment", "events"}).out;
    checkGolden("cli/enrollment.txt", all);
    const auto json = cli.run({"enrollment", "events", "--json"});
    CHECK(Json::parse(json.out)->find("items")->array()->size() == 2);
    CHECK(cli.run({"enrollment", "requests", "--state", "lost"}).status == 2);
}

TEST_CASE("a pending request is approved, or denied with a reason")
{
    Cli cli;
    ApiServer server(cli);
    server.answers(
        "POST /v1/requests/7/approve", R"({"request_id":7,"state":"issued","serial":"01AB"})");
    server.answers("POST /v1/requests/8/deny", R"({"request_id":8,"state":"denied","serial":""})");
    server.answers("POST /v1/requests/9/approve",
        R"({"error":{"kind":"conflict","message":"it is not pending"}})", 409);
    CHECK(cli.run({"enrollment", "approve", "7"}).out == "request 7 is issued, serial 01AB\n");
    const auto denied = cli.run({"enrollment", "deny", "8", "--reason", "who is that?"});
    CHECK(denied.out == "request 8 is denied\n");
    CHECK(server.asked().back() == R"(POST /v1/requests/8/deny {"reason":"who is that?"})");
    CHECK(cli.run({"enrollment", "deny", "8"}).status == 2);
    const auto late = cli.run({"enrollment", "approve", "9"});
    CHECK(late.status == 1);
    CHECK(contains(late.err, "it is not pending"));
}

TEST_CASE(
    "users are listed, added with a password that comes from a file of mode 0600, and removed")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/users",
        R"({"items":[{"name":"ann","groups":["staff","web"]},{"name":"bob","groups":[]}]})");
    server.answers("POST /v1/users/carl", R"({"name":"carl","groups":["web"],"added":true})");
    server.answers("POST /v1/users/bob/remove", R"({"name":"bob","groups":[]})");
    const auto file = cli.home.write("password", "correct horse\n");
    CHECK(cli.run({"enrollment", "users"}).out == "USER  GROUPS\nann   staff, web\nbob\n");
    const std::vector<std::string> adding = {
        "enrollment", "users", "add", "carl", "--password-file", file, "--group", "web"};
    CHECK(cli.run(adding).out == "carl is a user now\n");
    CHECK(server.asked().back() ==
          R"(POST /v1/users/carl {"groups":["web"],"password":"correct horse"})");
    CHECK(cli.run({"enrollment", "users", "remove", "bob"}).out == "bob is no user any more\n");
    CHECK(cli.run({"enrollment", "users", "remove", "nobody"}).status == 1);

    const auto asked = server.asked().size();
    for (const std::string name : {"", "..", "../admins", "a b", "a/remove"}) {
        CAPTURE(name);
        CHECK(cli.run({"enrollment", "users", "remove", name}).status == 2);
        CHECK(cli.run({"enrollment", "users", "add", name, "--password-file", file}).status == 2);
    }
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    CHECK(cli.run(adding).status == 2);
    CHECK(cli.run({"enrollment", "users", "add", "carl"}).status == 2);
    CHECK(server.asked().size() == asked);
}

TEST_CASE(
    "issue-test sends a request whose key was made here, and writes nothing when it is refused")
{
    Cli cli;
    ApiServer server(cli);
    const auto folder = cli.home.path().string();
    const std::vector<std::string> command = {"enrollment", "issue-test", "--template", "Web",
        "--name", "web1.example.test", "--certificate-file", folder + "/new.pem", "--key-file",
        folder + "/new.key"};
    CHECK(cli.run(command).status == 1); // nobody answers
    CHECK_FALSE(std::filesystem::exists(folder + "/new.key"));
    server.answers("POST /v1/issue-test",
        R"({"request_id":9,"serial":"01AB","not_after":"2026-09-22T14:00:00Z","pem":"PEM"})");
    CHECK(cli.run(command).out == "request 9, serial 01AB, until 2026-09-22 14:00 UTC\n");
    CHECK(contains(server.asked().back(), R"("template":"Web","valid_for_seconds":86400)"));
    CHECK(contains(server.asked().back(), "BEGIN CERTIFICATE REQUEST"));
    CHECK_FALSE(contains(server.asked().back(), "PRIVATE"));
    CHECK(contains(readText(folder + "/new.key"), "PRIVATE KEY"));
    CHECK(readText(folder + "/new.pem") == "PEM");
    CHECK(cli.run(command).status == 2); // they are there already
}
