#include "tests/support/child_process.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("a token that others may read is refused before it is sent")
{
    for (const mode_t mode : {0640U, 0604U, 0660U, 0620U}) {
        Cli cli;
        const ApiServer server(cli);
        REQUIRE(::chmod(server.tokenFile.c_str(), mode) == 0);
        const auto run = cli.run({"status"});
        CHECK(run.status == 2);
        CHECK(contains(run.err, "controller.token_file: " + server.tokenFile));
        CHECK(contains(run.err, "chmod 600"));
        CHECK(server.asked().empty());
    }
}

TEST_CASE("a token file holds one token and nothing else, and no message shows it")
{
    for (const std::string content : {"", "\n", "two tokens", "line\nline\n", "tab\ttab"}) {
        Cli cli;
        const ApiServer server(cli);
        (void)cli.home.write("token", content);
        const auto run = cli.run({"status"});
        CHECK(run.status == 2);
        CHECK(contains(run.err, "must hold one token"));
        if (content.size() > 1) CHECK_FALSE(contains(run.err, content));
        CHECK(server.asked().empty());
    }
}

TEST_CASE("an unknown token: the message names the file and how to get another one")
{
    Cli cli;
    const ApiServer server(cli);
    (void)cli.home.write("token", "another\n");
    auto run = cli.run({"status"});
    CHECK(run.status == 1);
    CHECK(contains(run.err, server.tokenFile));
    CHECK(contains(run.err, "perennial-controller operator add"));
    CHECK_FALSE(contains(run.err, "another\n"));
    run = cli.run({"enrollment", "requests"});
    CHECK(run.status == 1);
    CHECK(contains(run.err, "perennial-enrollment admin add"));
}

TEST_CASE("a server of another authority is refused, and the trust file is named")
{
    Cli cli;
    ApiServer server(cli);
    server.pki.makeRoot("stranger");
    std::filesystem::copy_file(server.pki["stranger"].certificate,
        server.pki["authority"].certificate, std::filesystem::copy_options::overwrite_existing);
    const auto run = cli.run({"status"});
    CHECK(run.status == 1);
    CHECK(contains(run.err, "not trusted"));
    CHECK(contains(run.err, server.pki["authority"].certificate));
    CHECK(server.asked().empty());
}

TEST_CASE("a server that is not there gives exit status 4 and its place")
{
    Cli cli;
    const ApiServer server(cli);
    const auto port = std::to_string(freePort());
    cli.writeHomeConfig("controller: {url: \"https://localhost:" + port +
                        "\", trust_file: " + server.pki["authority"].certificate +
                        ", token_file: " + server.tokenFile + "}\n");
    const auto run = cli.run({"status"});
    CHECK(run.status == 4);
    CHECK(contains(run.err, "localhost:" + port));
    CHECK(contains(run.err, "controller.url"));
}

TEST_CASE(
    "a controller that is not ready gives exit status 4, one that refuses 1, a wrong question 2")
{
    Cli cli;
    ApiServer server(cli);
    const auto error = [](const std::string& message) {
        return R"({"error":{"kind":"x","message":")" + message + "\"}}";
    };
    server.answers("GET /v1/status", error("not ready"), 503);
    CHECK(cli.run({"status"}).status == 4);
    server.answers("POST /v1/join-tokens", error("the role viewer may not do this"), 403);
    auto run = cli.run({"join-token", "create", "--host", "web1.example.test"});
    CHECK(run.status == 1);
    CHECK(contains(run.err, "the role viewer may not do this"));
    CHECK(contains(run.err, server.tokenFile));
    server.answers("GET /v1/policies", error("that was wrong"), 400);
    CHECK(cli.run({"policies"}).status == 2);
    server.answers("GET /v1/agents?limit=1000", error("the log says why"), 500);
    CHECK(cli.run({"agents"}).status == 1);
}

TEST_CASE("an answer that is no JSON is refused whole")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/status", "<html>hello</html>");
    const auto run = cli.run({"status", "--json"});
    CHECK(run.status == 1);
    CHECK(run.out.empty());
    CHECK(contains(run.err, "no JSON"));
}

TEST_CASE("ids of the user's cannot lead to another path")
{
    Cli cli;
    const ApiServer server(cli);
    for (const std::string id : {"..", "../x", "a/b", "a%2fb", "a?b", "", ".", "a b"}) {
        CHECK(cli.run({"agents", "revoke", id}).status == 2);
        CHECK(cli.run({"renewals", "show", id}).status == 2);
        CHECK(cli.run({"join-token", "revoke", id}).status == 2);
        CHECK(cli.run({"enrollment", "approve", id}).status == 2);
    }
    CHECK(server.asked().empty());
}

TEST_CASE("a list of several pages is asked for to its end")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/agents?limit=1000", R"({"items":[{"host":"a"}],"next":"c 1&x"})");
    server.answers("GET /v1/agents?cursor=c 1&x&limit=1000", R"({"items":[{"host":"b"}]})");
    const auto run = cli.run({"agents", "--json"});
    CHECK(run.status == 0);
    CHECK(Json::parse(run.out)->canonical() == R"({"items":[{"host":"a"},{"host":"b"}]})");
}

TEST_CASE("the trust file may be a link")
{
    Cli cli;
    ApiServer server(cli);
    const auto real = server.pki["authority"].certificate;
    std::filesystem::rename(real, cli.home.path() / "current.pem");
    std::filesystem::create_symlink(cli.home.path() / "current.pem", real);
    server.answers("GET /v1/agents?limit=1000", R"({"items":[]})");
    CHECK(cli.run({"agents"}).status == 0);
}
