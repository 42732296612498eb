#include "shared/base/json.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string examples = std::string(PERENNIAL_SOURCE_DIR) + "/policies/examples";

// A copy of the examples, to be broken.
struct Documents {
    Documents()
    {
        std::filesystem::copy(examples, folder, std::filesystem::copy_options::recursive);
    }
    CliRun check(std::vector<std::string> more = {})
    {
        more.insert(more.begin(), {"policies", "check", folder});
        return cli.run(more);
    }
    void write(const std::string& name, const std::string& text) const
    {
        std::filesystem::create_directories((std::filesystem::path(folder) / name).parent_path());
        (void)cli.home.write("documents/" + name, text);
    }

    Cli cli;
    std::string folder = cli.home / "documents";
};

} // namespace

TEST_CASE("the examples are good, as a folder and as files")
{
    Documents documents;
    const auto run = documents.check();
    CHECK(run.status == 0);
    CHECK(run.out ==
          "ok: 3 policies, 1 enrollment services and 1 documents of trust anchors in 5 files\n");
    const auto two = documents.cli.run(
        {"policies", "check", examples + "/certificates/web-servers.yaml", examples + "/services"});
    CHECK(two.status == 0);
    CHECK(two.out == "ok: 1 policies and 1 enrollment services in 2 files\n");
}

TEST_CASE("documents of trust anchors are counted too")
{
    Documents documents;
    documents.write("trust.yaml",
        "kind: trust-anchors\nname: roots\nmatch: {}\nstore: nginx-clients\nanchors: none\n");
    CHECK(documents.check().out ==
          "ok: 3 policies, 1 enrollment services and 2 documents of trust anchors in 6 files\n");
}

TEST_CASE("every problem of every document is named with file and line, exit status 2")
{
    Documents documents;
    documents.write("certificates/broken.yaml", "kind: certificate-policy\n"
                                                "name: broken\n"
                                                "match: {}\n"
                                                "renew: {before: 30}\n"
                                                "enrollment_service: corp\n"
                                                "surprise: 1\n");
    documents.write("more.yaml", "kind: nonsense\n");
    documents.write("tabs.yaml", "kind:\tx\n");
    const auto run = documents.check();
    CHECK(run.status == 2);
    const auto file = documents.folder + "/certificates/broken.yaml";
    CHECK(contains(run.out, file + ":4: renew.before "));
    CHECK(contains(run.out, file + ":6: surprise"));
    CHECK(contains(run.out, "action"));
    CHECK(contains(run.out, documents.folder + "/more.yaml:1: "));
    CHECK(contains(run.out, documents.folder + "/tabs.yaml:1: "));
    CHECK(contains(run.err, "problems"));
    const auto json = Json::parse(documents.check({"--json"}).out);
    REQUIRE(json);
    CHECK(json->find("problems")->array()->size() >= 5);
}

TEST_CASE("hidden folders and other files are passed over, as a controller does")
{
    Documents documents;
    documents.write(".github/workflow.yaml", "on: push\n");
    documents.write("README.md", "nothing\n");
    CHECK(documents.check().status == 0);
}

TEST_CASE("what a controller would refuse by its name is refused here too")
{
    Documents documents;
    documents.write("with space.yaml", "kind: nonsense\n");
    CHECK(documents.check().status == 2);
}

TEST_CASE("a link, a missing path and a folder without documents are wrong use")
{
    Documents documents;
    std::filesystem::create_directory(documents.cli.home.path() / "empty");
    CHECK(documents.cli.run({"policies", "check", documents.cli.home / "empty"}).status == 2);
    CHECK(documents.cli.run({"policies", "check", "/nonexistent"}).status == 2);
    CHECK(documents.cli.run({"policies", "check"}).status == 2);
    std::filesystem::create_symlink(
        examples + "/services/corp.yaml", documents.folder + "/link.yaml");
    const auto run = documents.check();
    CHECK(run.status == 2);
    CHECK(contains(run.err, "link.yaml"));
}
