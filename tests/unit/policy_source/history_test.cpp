// The branch only goes forward; what applied last survives everything.

#include "tests/support/test_pki.h"
#include "tests/unit/policy_source/signed_repository.h"

#include <filesystem>

using namespace perennial;
using namespace perennial::test;
using Outcome = controller::PolicySource::Outcome;

namespace {

std::unique_ptr<SignedRepository> withTwoCommits()
{
    auto repository = std::make_unique<SignedRepository>();
    repository->writeDocuments("one");
    repository->commit("ann");
    repository->writeDocuments("two");
    repository->commit("ann");
    REQUIRE(repository->refresh() == Outcome::Applied);
    return repository;
}

bool mentions(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE(
    "a branch that was set back to an older signed commit is refused, until it is forward again")
{
    auto repository = withTwoCommits();
    const auto newest = repository->applied();
    repository->git({"reset", "--quiet", "--hard", "HEAD~1"});
    CHECK(repository->refresh() == Outcome::Refused);
    CHECK(mentions(repository->refusal(), "history was rewritten or rolled back"));
    CHECK(repository->applied() == newest);

    repository->git({"reset", "--quiet", "--hard", newest});
    CHECK(repository->refresh() == Outcome::Unchanged);
    CHECK(repository->refusal().empty());
}

TEST_CASE("a rewritten history is refused although every commit in it is signed")
{
    auto repository = withTwoCommits();
    const auto newest = repository->applied();
    repository->git({"reset", "--quiet", "--hard", "HEAD~1"});
    for (int i = 0; i < 3; ++i) { // more commits than before: not a matter of counting
        repository->writeDocuments("rewritten " + std::to_string(i));
        repository->commit("ann");
    }
    CHECK(repository->refresh() == Outcome::Refused);
    CHECK(mentions(repository->refusal(), newest));
    CHECK(repository->applied() == newest);
}

TEST_CASE("a branch that begins anew is refused")
{
    auto repository = withTwoCommits();
    repository->git({"checkout", "--quiet", "--orphan", "other"});
    repository->writeDocuments("new beginning");
    repository->commit("ann");
    repository->git({"branch", "--force", "main", "other"});
    repository->git({"checkout", "--quiet", "main"});
    CHECK(repository->refresh() == Outcome::Refused);
}

TEST_CASE("other branches and tags move nothing")
{
    auto repository = withTwoCommits();
    repository->git({"checkout", "--quiet", "-b", "other"});
    repository->writeDocuments("elsewhere");
    repository->commit("eve");
    repository->git({"tag", "main"});
    CHECK(repository->refresh() == Outcome::Unchanged);
}

TEST_CASE("a repository that cannot be read is told of, and what applied last stays")
{
    auto repository = withTwoCommits();
    const auto newest = repository->applied();
    const auto elsewhere = repository->folder() + ".away";
    SUBCASE("it is gone") { std::filesystem::rename(repository->folder(), elsewhere); }
    SUBCASE("it has no such branch") { repository->git({"branch", "--move", "main", "renamed"}); }
    SUBCASE("it is no repository")
    {
        std::filesystem::rename(repository->folder(), elsewhere);
        std::filesystem::create_directory(repository->folder());
    }
    const auto outcome = repository->source->refresh();
    REQUIRE(!outcome.ok());
    CHECK(outcome.error().kind == ErrorKind::Unavailable);
    CHECK(repository->applied() == newest);
    CHECK(repository->refusal().empty());
}

TEST_CASE("after a restart the last good policies are there without the repository")
{
    auto repository = withTwoCommits();
    const auto newest = repository->applied();
    repository->writeDocuments("unsigned");
    repository->commit("");
    REQUIRE(repository->refresh() == Outcome::Refused);
    std::filesystem::rename(repository->folder(), repository->folder() + ".away");

    repository->source = repository->open();
    CHECK(repository->applied() == newest);
    CHECK(repository->source->current()->documents.size() == 2);
    CHECK(repository->source->current()->manifest.version == 2);

    std::filesystem::rename(repository->folder() + ".away", repository->folder());
    CHECK(repository->refresh() == Outcome::Refused); // told again, as nobody remembers
    CHECK(repository->applied() == newest);
}

TEST_CASE("a restart does not open the way back")
{
    auto repository = withTwoCommits();
    const auto newest = repository->applied();
    repository->git({"reset", "--quiet", "--hard", "HEAD~1"});
    SUBCASE("with the clone")
    {
        repository->source = repository->open();
        CHECK(repository->refresh() == Outcome::Refused);
        CHECK(repository->applied() == newest);
    }
    SUBCASE("without it")
    {
        std::filesystem::remove_all(repository->clone());
        repository->source = std::make_unique<controller::PolicySource>(
            repository->settings, repository->files, repository->clock);
        CHECK(!repository->source->load().ok());
        const auto outcome = repository->source->refresh();
        REQUIRE(!outcome.ok());
        CHECK(mentions(outcome.error().message, "is not in the clone"));
        CHECK(repository->source->current() == nullptr);
    }
}

TEST_CASE("a lost clone is made again from the repository")
{
    auto repository = withTwoCommits();
    const auto newest = repository->applied();
    std::filesystem::remove_all(repository->clone());
    repository->source = std::make_unique<controller::PolicySource>(
        repository->settings, repository->files, repository->clock);
    CHECK(!repository->source->load().ok());
    CHECK(repository->refresh() == Outcome::Applied);
    CHECK(repository->applied() == newest);
}

TEST_CASE("a damaged note of what applies is told of and not guessed around")
{
    auto repository = withTwoCommits();
    const auto file = repository->settings.folder + "/applied";
    CHECK(readText(file) == repository->applied());
    REQUIRE(repository->files.replace(file, "--all").ok());
    controller::PolicySource other(repository->settings, repository->files, repository->clock);
    const auto loaded = other.load();
    REQUIRE(!loaded.ok());
    CHECK(loaded.error().kind == ErrorKind::Corrupt);
    repository->writeDocuments("three");
    repository->commit("ann");
    CHECK(!other.refresh().ok());
}

TEST_CASE("a refused commit is not looked at again, a new one is")
{
    auto repository = withTwoCommits();
    repository->writeDocuments("unsigned");
    repository->commit("");
    CHECK(repository->refresh() == Outcome::Refused);
    CHECK(repository->refresh() == Outcome::Unchanged);
    CHECK(!repository->refusal().empty());
    repository->git({"reset", "--quiet", "--hard", "HEAD~1"});
    repository->writeDocuments("signed");
    const auto good = repository->commit("ann");
    CHECK(repository->refresh() == Outcome::Applied);
    CHECK(repository->applied() == good);
    CHECK(repository->refusal().empty());
}
