#include "shared/base/json.h"
#include "tests/support/golden.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string agentsAnswer = R"({"items":[
 {"agent_id":"agent-00112233445566778899aabbccddeeff","host":"web1.example.test",
  "labels":{"role":"web","zone":"a"},"last_seen":"2026-09-21T14:13:00Z","state":"active",
  "identity_not_after":"2026-10-21T14:13:00Z","slots":2,"joined_at":"2026-09-01T00:00:00Z",
  "policy_commit":"0123456789abcdef0123456789abcdef01234567"},
 {"agent_id":"agent-ffeeddccbbaa99887766554433221100","host":"db.example.test","labels":{},
  "last_seen":"2026-09-20T14:13:00Z","state":"silent","identity_not_after":"2026-10-20T14:13:00Z",
  "slots":1,"joined_at":"2026-09-01T00:00:00Z","policy_commit":""}]})";

const std::string certificatesAnswer = R"({"items":[
 {"agent_id":"agent-00112233445566778899aabbccddeeff","host":"web1.example.test",
  "slot_id":"slot-0123456789abcdef","name":"shop.example.test","serial":"01AB","fingerprint":"aa",
  "issuer":"CN=Example","not_after":"2026-09-25T00:00:00Z","days_left":3,"policy":"web-servers",
  "service":"nginx","listeners":["0.0.0.0:443"],"certificate_path":"/etc/nginx/tls/web.pem",
  "managed":true,"renewal_at":"2026-09-22T02:00:00Z","warnings":["the key file is shared"]},
 {"agent_id":"agent-ffeeddccbbaa99887766554433221100","host":"db.example.test",
  "slot_id":"slot-fedcba9876543210","name":"db.example.test","serial":"02CD","fingerprint":"bb",
  "issuer":"CN=Example","not_after":"2027-01-25T00:00:00Z","days_left":125,"policy":"",
  "service":"","listeners":[],"certificate_path":"/srv/tls/db.pem","managed":false,"former_policy":"databases",
  "renewal_at":null,"warnings":[]}]})";

const std::string statusAnswer = R"({"name":"controller.example.test","version":"0.1.0",
 "time":"2026-09-21T14:13:20Z","policy":{"commit":"0123456789abcdef","version":7,
 "state":"rejected","problem":"web.yaml:3: action: is missing"},"agents":{"total":2,"silent":1},
 "certificates":{"total":2,"managed":1,"no_longer_managed":1,"expired":0,"expired_managed":0,"expiring_30d":1,"expiring_7d":1},
 "renewals":{"open":1,"completed_24h":4,"failed_24h":2},"audit":{"size":120,"checkpoint_size":118,
 "sinks":[{"name":"siem","state":"failing","cursor":100,"lag":20,"message":"connection refused"}]}})";

const std::string renewalsAnswer = R"({"items":[
 {"order_id":"0198a000-0000-7000-8000-000000000001","agent_id":"agent-1","host":"web1.example.test",
  "slot_id":"slot-1","name":"shop.example.test","origin":"controller","reason":"the window has opened",
  "policy":"web-servers","policy_commit":"0123","state":"rolled_back",
  "ordered_at":"2026-09-21T02:00:00Z","updated_at":"2026-09-21T02:00:09Z","old_serial":"01AB",
  "new_serial":"03EF","message":"the listener still serves the old certificate",
  "milliseconds":9120}]})";

} // namespace

TEST_CASE("agents, certificates, renewals and status as tables")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/agents?limit=1000", agentsAnswer);
    server.answers("GET /v1/certificates?limit=1000", certificatesAnswer);
    server.answers("GET /v1/status", statusAnswer);
    server.answers("GET /v1/renewals?limit=1000", renewalsAnswer);
    std::string all;
    for (const std::string command : {"status", "agents", "certificates", "renewals"}) {
        const auto run = cli.run({command});
        CHECK(run.status == 0);
        CHECK(run.err.empty());
        all += "$ perennial " + command + "\n" + run.out + "\n";
    }
    checkGolden("cli/tables.txt", all);
}

TEST_CASE("status says how the enrolment service is watched, where it is")
{
    const auto shown = [](const std::string& watch) {
        Cli cli;
        ApiServer server(cli);
        auto answer = statusAnswer;
        answer.insert(answer.size() - 1, R"(,"enrollment_watch":)" + watch);
        server.answers("GET /v1/status", answer);
        return cli.run({"status"}).out;
    };
    const auto contains = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    CHECK(!contains(shown(R"({"state":"off","cursor":0,"behind":0,"tries":0,"problem":"",
        "restores":0})"),
        "enrolment watch"));
    CHECK(contains(shown(R"({"state":"working","cursor":9,"behind":3,"tries":0,"problem":"",
        "restores":0})"),
        "working, 3 events behind"));
    const auto failing = shown(R"({"state":"failing","cursor":9,"behind":0,"tries":12,
        "since":"2026-09-21T14:00:00Z","problem":"no connection to pki","restores":1,
        "restored_at":"2026-09-20T10:00:00Z"})");
    CHECK(contains(failing, "failing since 2026-09-21 14:00"));
    CHECK(contains(failing, "12 tries"));
    CHECK(contains(failing, "no connection to pki"));
    CHECK(contains(failing, "was replaced at 2026-09-20 10:00"));
}

TEST_CASE("status counts the places that policies want filled, where there are any")
{
    const auto shown = [](const std::string& places) {
        Cli cli;
        ApiServer server(cli);
        auto answer = statusAnswer;
        answer.insert(answer.size() - 1, R"(,"empty_places":)" + places);
        server.answers("GET /v1/status", answer);
        return cli.run({"status"}).out;
    };
    const auto some = shown(R"({"total":3,"pending":1,"failing":2})");
    CHECK(some.find("3 where a policy wants a certificate and none is yet") != std::string::npos);
    CHECK(some.find("1 of them wait for an approval, 2 failed last") != std::string::npos);
    CHECK(shown(R"({"total":0,"pending":0,"failing":0})").find("empty places") ==
          std::string::npos);
}

TEST_CASE("on a terminal tables have colours and the width of a line")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/certificates?limit=1000", certificatesAnswer);
    server.answers("GET /v1/status", statusAnswer);
    cli.terminal = {true, 100, true};
    std::string narrow;
    for (const std::string command : {"status", "certificates"})
        narrow += cli.run({command}).out + "\n";
    checkGolden("cli/tables_on_a_terminal.txt", narrow);
}

TEST_CASE("with --json an answer is what the API said, wherever the option is written")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/agents?limit=1000", agentsAnswer);
    server.answers("GET /v1/status", statusAnswer);
    const auto same = [](const std::string& out, const std::string& answer) {
        const auto written = Json::parse(out);
        REQUIRE(written);
        CHECK(*written == *Json::parse(answer));
        CHECK(out.find("\n  \"") != std::string::npos); // indented
        CHECK(out.back() == '\n');
    };
    same(cli.run({"agents", "--json"}).out, agentsAnswer);
    same(cli.run({"--json", "agents", "list"}).out, agentsAnswer);
    same(cli.run({"agents", "list", "--json"}).out, agentsAnswer);
    same(cli.run({"status", "--json"}).out, statusAnswer);
}

TEST_CASE("what could play with the terminal never reaches it, as text or as JSON")
{
    // ESC, C1 CSI, right-to-left override, BEL, a broken line, all as JSON escapes and raw.
    const std::string hostile =
        "{\"items\":[{\"host\":\"\\u001b[2Jevil\\u009b31m\\u202etxt\\u0007\\nline\x7f\xc2\x9b"
        "\xe2\x80\xae\",\"state\":\"\\u001b]0;x\\u0007\",\"labels\":{\"\\u001b[1m\":\"\\r\"}}]}";
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/agents?limit=1000", hostile);
    for (const std::vector<std::string>& command :
        {std::vector<std::string>{"agents"}, std::vector<std::string>{"agents", "--json"}}) {
        const auto run = cli.run(command);
        CHECK(run.status == 0);
        for (const char* raw : {"\x1b", "\x07", "\r", "\x7f", "\xc2\x9b", "\xe2\x80\xae"})
            CHECK_FALSE(contains(run.out, raw));
        CHECK(contains(run.out, "evil"));
    }
    CHECK(*Json::parse(cli.run({"agents", "--json"}).out) == *Json::parse(hostile));
    server.answers(
        "GET /v1/status", R"({"error":{"kind":"x","message":"\u001b[2J\u202eno"}})", 500);
    const auto refused = cli.run({"status"});
    CHECK(contains(refused.err, "\\u001B[2J\\u202Eno"));
}

TEST_CASE("certificates are filtered by the controller; a duration is checked here")
{
    Cli cli;
    ApiServer server(cli);
    const std::string asked =
        "GET /v1/certificates?agent=agent-1&expiring_within=30d&limit=1000&name=a b&c.test&"
        "policy=web";
    server.answers(asked, R"({"items":[]})");
    const auto run = cli.run({"certificates", "--agent", "agent-1", "--policy", "web", "--name",
        "a b&c.test", "--expiring-within", "30d"});
    CHECK(run.status == 0);
    CHECK(run.err == "no certificates\n");
    CHECK(server.asked() == std::vector{asked});
    const auto wrong = cli.run({"certificates", "--expiring-within", "30"});
    CHECK(wrong.status == 2);
    CHECK(contains(wrong.err, "--expiring-within"));
}

TEST_CASE("an agent is revoked by its id")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("POST /v1/agents/agent-1/revoke", R"({"agent_id":"agent-1","state":"revoked"})");
    CHECK(cli.run({"agents", "revoke", "agent-1"}).status == 0);
    CHECK(cli.run({"agents", "revoke", "agent-2"}).status == 1);
    CHECK(cli.run({"agents", "revoke"}).status == 2);
}

TEST_CASE("one renewal is shown with its events")
{
    Cli cli;
    ApiServer server(cli);
    auto renewal = (*Json::parse(renewalsAnswer)->find("items")->array()).front();
    renewal["events"].push(*Json::parse(
        R"({"seq":7,"time":"2026-09-21T02:00:00.000Z","kind":"renewal.ordered","outcome":"success",
            "actor":{"type":"scheduler","id":""},"host":"web1.example.test"})"));
    renewal["events"].push(*Json::parse(
        R"({"seq":8,"time":"2026-09-21T02:00:09.000Z","kind":"renewal.rolled_back",
            "outcome":"failure","reason":"the listener still serves the old certificate",
            "actor":{"type":"agent","id":"agent-1"},"host":"web1.example.test"})"));
    server.answers("GET /v1/renewals/0198a000-0000-7000-8000-000000000001", renewal.canonical());
    const auto run = cli.run({"renewals", "show", "0198a000-0000-7000-8000-000000000001"});
    CHECK(run.status == 0);
    checkGolden("cli/renewal.txt", run.out);
}

TEST_CASE("policies show what is in force and what was refused")
{
    Cli cli;
    ApiServer server(cli);
    const std::string applied =
        R"({"commit":"0123","version":7,"applied_at":"2026-09-21T02:00:00Z",
            "expires":"2026-10-21T02:00:00Z","documents":[{"path":"a.yaml","sha256":"00"}],
            "policies":[{"name":"web","matches":12},{"name":"database","matches":3}])";
    server.answers("GET /v1/policies", applied + R"(,"rejected":{"commit":"4567",
        "at":"2026-09-21T03:00:00Z","problem":"a.yaml:3: action: is missing"}})");
    checkGolden("cli/policies.txt", cli.run({"policies"}).out);
    server.answers("POST /v1/policies/refresh", applied + "}");
    server.answers("POST /v1/policies/refresh",
        applied + R"(,"rejected":{"commit":"4567","at":"2026-09-21T03:00:00Z","problem":"no"}})");
    CHECK(cli.run({"policies", "refresh"}).status == 0);
    const auto refused = cli.run({"policies", "refresh", "--json"});
    CHECK(refused.status == 1);
    CHECK(Json::parse(refused.out));
}
