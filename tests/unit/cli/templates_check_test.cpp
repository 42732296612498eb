#include "shared/base/json.h"
#include "tests/support/golden.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string templateText(const std::string& rights)
{
    return "name: Web\noid: 1.3.6.1.4.1.311.21.8.1.2.3\nversion: {major: 100, minor: 4}\n"
           "validity: 90d\nrenewal: 42d\nkey: {algorithms: [ec-p256]}\n"
           "names: [\"*.example.test\"]\nkey_usage: [digitalSignature]\n"
           "extended_key_usages: [serverAuthentication]\nrights: {enroll: {users: [" +
           rights + "]}}\n";
}

} // namespace

TEST_CASE("templates check names what the service would refuse, with file and line")
{
    Cli cli;
    const TemporaryFolder folder;
    const auto path = folder.path().string();
    (void)folder.write("web.yaml", templateText("ann"));
    const auto good = cli.run({"enrollment", "templates", "check", path});
    CHECK(good.status == 0);
    CHECK(good.out == "ok: 1 template\n");

    (void)folder.write("web.yaml", templateText("\"*\""));
    const auto bad = cli.run({"enrollment", "templates", "check", path});
    CHECK(bad.status == 2);
    CHECK(bad.out == "refused: " + path +
                         "/web.yaml:10: rights: anybody may be certified as any server that names "
                         "allow: name the callers in rights.enroll, or set manager_approval "
                         "(ESC17)\n");

    (void)folder.write("web.yaml", "name: Web\nsurprise: \"\\e[31m\"\n");
    const auto json =
        Json::parse(cli.run({"enrollment", "templates", "check", path, "--json"}).out);
    REQUIRE(json);
    CHECK_FALSE(*json->find("ok")->boolean());
    const auto& finding = json->find("findings")->array()->front();
    CHECK(*finding.find("weight")->string() == "wrong");
    CHECK(*finding.find("line")->integer() == 2);
    CHECK(cli.run({"enrollment", "templates", "check", path + "/none"}).status != 0);
}

TEST_CASE("the templates that the service holds are a table")
{
    Cli cli;
    ApiServer server(cli);
    server.answers("GET /v1/templates", R"({"changed_at":"2026-09-21T14:00:00Z","items":[
        {"name":"Web","version":"100.4","schema":4,"validity":"90d","renewal":"42d",
         "key_based_renewal":true,"manager_approval":false,"oid":"1.3.6.1.4.1.311.21.8.1.2.3",
         "risks":[{"name":"ESC1","accepted":false},{"name":"ESC17","accepted":true}]}]})");
    checkGolden("cli/templates.txt", cli.run({"enrollment", "templates"}).out);
}
