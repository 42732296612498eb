// A manifest is written, signed by ssh-keygen as the command says, and checked.

#include "shared/base/json.h"
#include "shared/policy/signed_manifest.h"
#include "tests/support/policy_owner.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Repository {
    Repository()
    {
        std::filesystem::copy(std::string(PERENNIAL_SOURCE_DIR) + "/policies/examples", folder,
            std::filesystem::copy_options::recursive);
    }
    CliRun manifest(std::vector<std::string> more = {})
    {
        more.insert(more.begin(), {"policies", "manifest", folder});
        return cli.run(more);
    }
    CliRun check(std::vector<std::string> more = {})
    {
        more.insert(more.begin(), {"policies", "check", folder});
        return cli.run(more);
    }
    std::string text() const { return readText(folder + "/.perennial/manifest.json"); }
    void sign(const std::string& who) const
    {
        (void)cli.home.write(
            "repository/.perennial/signatures/" + who + ".sig", owner.sign(who, text()));
    }

    Cli cli;
    PolicyOwner owner;
    std::string folder = cli.home / "repository";
};

} // namespace

TEST_CASE("a manifest has every document, and its version grows")
{
    Repository repository;
    const auto unnamed = repository.manifest();
    CHECK(unnamed.status == 2);
    CHECK(contains(unnamed.err, "--repository NAME"));
    const auto first = repository.manifest({"--repository", "corp"});
    REQUIRE_MESSAGE(first.status == 0, first.err);
    CHECK(contains(first.out, "ssh-keygen -Y sign -n perennial-policies -f KEY"));
    auto content = policy::signedContentFromText(repository.text());
    REQUIRE(content);
    CHECK(content->repository == "corp");
    CHECK(content->version == 1);
    CHECK(content->files.size() == 5);
    CHECK(content->expires - content->issued == std::chrono::hours(24 * 90));

    repository.sign("ann");
    const auto second = repository.manifest({"--json", "--expires", "30d"});
    REQUIRE(second.status == 0);
    const auto json = Json::parse(second.out);
    REQUIRE(json);
    CHECK(*json->find("version") == Json(2));
    content = policy::signedContentFromText(repository.text());
    CHECK(content->expires - content->issued == std::chrono::hours(24 * 30));
    // What was signed before fits no more.
    CHECK_FALSE(std::filesystem::exists(repository.folder + "/.perennial/signatures/ann.sig"));
    CHECK(contains(repository.manifest({"--repository", "other"}).err, "another name"));
    CHECK(contains(repository.manifest({"--expires", "1h"}).err, "between 1d and 400d"));
    (void)repository.cli.home.write("repository/broken.yaml", "kind: x\n");
    const auto before = repository.text();
    CHECK(repository.manifest().status == 2);
    CHECK(repository.text() == before);
}

TEST_CASE("check says whether the manifest fits, and who signed it")
{
    Repository repository;
    CHECK(repository.check().status == 0); // no manifest, no question
    REQUIRE(repository.manifest({"--repository", "corp"}).status == 0);
    const auto nobody = repository.check();
    CHECK(nobody.status == 2);
    CHECK(contains(nobody.err, "signed by nobody"));
    repository.sign("ann");
    repository.sign("bob");
    const auto good = repository.check();
    REQUIRE_MESSAGE(good.status == 0, good.err);
    CHECK(contains(good.out, "manifest of corp, version 1"));
    CHECK(contains(good.out, "SHA256:"));
    CHECK(contains(good.out, "bob.sig"));
    const auto json = Json::parse(repository.check({"--json"}).out);
    REQUIRE(json);
    CHECK(json->find("signed")->find("signatures")->array()->size() == 2);

    (void)repository.cli.home.write("repository/more.yaml",
        readText(repository.folder + "/services/corp.yaml").replace(0, 0, "# another\n"));
    std::filesystem::remove(repository.folder + "/services/corp.yaml");
    const auto changed = repository.check();
    CHECK(changed.status == 2);
    CHECK(contains(changed.err, "is not in it"));
    CHECK(contains(changed.err, "perennial policies manifest"));
}

TEST_CASE("check refuses a manifest whose end is over and a signature of something else")
{
    Repository repository;
    REQUIRE(repository.manifest({"--repository", "corp"}).status == 0);
    repository.sign("ann");
    repository.cli.clock.advance(std::chrono::hours(24 * 90));
    CHECK(contains(repository.check().err, "has expired"));
    repository.cli.clock.advance(-std::chrono::hours(24 * 90));
    (void)repository.cli.home.write(
        "repository/.perennial/signatures/bob.sig", repository.owner.sign("bob", "something else"));
    const auto wrong = repository.check();
    CHECK(wrong.status == 2);
    CHECK(contains(wrong.err, "bob.sig: SSH signature"));
}
