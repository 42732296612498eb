// Whose commits are followed. Signatures are made by git and ssh-keygen.

#include "tests/unit/policy_source/signed_repository.h"

#include <sys/stat.h>

using namespace perennial;
using namespace perennial::test;
using Outcome = controller::PolicySource::Outcome;

namespace {

constexpr const char* signers = ".perennial/allowed_signers";

// A repository whose first commit applies.
std::unique_ptr<SignedRepository> applied()
{
    auto repository = std::make_unique<SignedRepository>();
    repository->writeDocuments();
    const auto first = repository->commit("ann");
    REQUIRE(repository->refresh() == Outcome::Applied);
    REQUIRE(repository->applied() == first);
    return repository;
}

// The tip is refused for its signature and what applied before stays.
void mustRefuse(SignedRepository& repository)
{
    const auto before = repository.applied();
    CHECK(repository.refresh() == Outcome::Refused);
    CHECK(repository.applied() == before);
    CHECK(repository.refusal().find("is not signed by an allowed signer") != std::string::npos);
    REQUIRE(repository.source->refused());
    CHECK(repository.source->refused()->commit == repository.tip());
    CHECK(repository.refresh() == Outcome::Unchanged); // told once
}

} // namespace

TEST_CASE("a commit of an allowed signer applies, and so do the next ones")
{
    SignedRepository repository;
    CHECK(repository.source->current() == nullptr);
    repository.writeDocuments();
    const auto first = repository.commit("ann");
    CHECK(repository.refresh() == Outcome::Applied);
    const auto one = repository.source->current();
    REQUIRE(one);
    CHECK(one->manifest.commit == first);
    CHECK(one->manifest.version == 1);
    CHECK(one->manifest.committedAt == SignedRepository::begin);
    CHECK(one->manifest.expires == SignedRepository::begin + std::chrono::hours(24));
    CHECK(one->documents.size() == 2);
    CHECK(one->set.findPolicy("web-servers") != nullptr);
    CHECK(repository.refresh() == Outcome::Unchanged);

    repository.writeDocuments("changed");
    repository.commit("ann");
    repository.writeDocuments("changed again");
    const auto third = repository.commit("ann");
    CHECK(repository.refresh() == Outcome::Applied);
    CHECK(repository.applied() == third);
    CHECK(repository.source->current()->manifest.version == 3);
    CHECK(one->manifest.commit == first); // whoever works with the old snapshot still can
}

TEST_CASE("a commit without a signature is refused, also as the very first one")
{
    SignedRepository repository;
    repository.writeDocuments();
    repository.commit("");
    mustRefuse(repository);
    CHECK(repository.source->current() == nullptr);

    auto later = applied();
    later->writeDocuments("changed");
    later->commit("");
    mustRefuse(*later);
}

TEST_CASE("a key that is on no list is refused")
{
    auto repository = applied();
    repository->writeDocuments("changed");
    repository->commit("eve");
    mustRefuse(*repository);
}

TEST_CASE("a signed tip does not help an unsigned parent")
{
    auto repository = applied();
    repository->writeDocuments("changed");
    const auto unsignedOne = repository->commit("");
    repository->writeDocuments("changed and signed");
    repository->commit("ann");
    mustRefuse(*repository);
    CHECK(repository->refusal().find(unsignedOne) != std::string::npos);
}

TEST_CASE("a signature of a kind that is not asked for is refused, and no other program judges it")
{
    auto repository = applied();
    repository->writeDocuments("changed");
    // A program that finds everything good, where the host's administrator might have set one.
    TemporaryFolder folder;
    const auto gpg = folder.write("gpg",
        "#!/bin/sh\ncat > /dev/null\nprintf '\\n[GNUPG:] GOODSIG 0123456789ABCDEF Ann\\n[GNUPG:] "
        "VALIDSIG 0123456789ABCDEF0123456789ABCDEF01234567 2026-09-21 1 0 4 0 1 10 00 "
        "0123456789ABCDEF0123456789ABCDEF01234567\\n[GNUPG:] TRUST_ULTIMATE\\n'\n",
        0700);
    repository->git({"config", "--file", repository->clone() + "/config", "gpg.program", gpg});
    const auto tree = repository->git({"write-tree"});
    const std::string signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEzBAABCAAdFiEE\n "
                                  "-----END PGP SIGNATURE-----\n";
    const std::string who = "Ann <ann@example.test> 1790000100 +0000\n";
    const auto made = repository->git({"hash-object", "-t", "commit", "-w", "--stdin"}, "",
        "tree " + tree + "\nparent " + repository->tip() + "\nauthor " + who + "committer " + who +
            signature + "\nPolicies\n");
    repository->git({"update-ref", "refs/heads/main", made});
    mustRefuse(*repository);
}

TEST_CASE("a signature for another purpose than git does not count")
{
    SignedRepository repository;
    repository.allowAtFirst(repository.allow("ann", "namespaces=\"file\""));
    repository.writeDocuments();
    repository.commit("ann");
    mustRefuse(repository);
    repository.allowAtFirst(repository.allow("ann", "namespaces=\"file,git\""));
    repository.writeDocuments("changed");
    repository.commit("ann");
    CHECK(repository.refresh() == Outcome::Applied);
}

TEST_CASE("an expired key is refused, whatever time its commit names")
{
    SignedRepository repository;
    repository.writeDocuments();
    repository.write(
        signers, repository.allow("ann") + repository.allow("bob", "valid-before=\"20260922Z\""));
    repository.commit("ann");
    REQUIRE(repository.refresh() == Outcome::Applied);
    repository.writeDocuments("in time");
    repository.commit("bob");
    REQUIRE(repository.refresh() == Outcome::Applied);

    repository.clock.advance(std::chrono::hours(48));
    SUBCASE("by the time of the commit")
    {
        repository.commitTime = SignedRepository::begin + std::chrono::hours(48);
    }
    SUBCASE("by the controller's clock: the commit says that it is older") {}
    repository.writeDocuments("too late");
    repository.commit("bob");
    mustRefuse(repository);
}

TEST_CASE("old commits of a key that has expired since do not stop a new controller")
{
    SignedRepository repository;
    repository.writeDocuments();
    repository.write(
        signers, repository.allow("ann") + repository.allow("bob", "valid-before=\"20260922Z\""));
    repository.commit("ann");
    repository.writeDocuments("in time");
    repository.commit("bob");
    repository.clock.advance(std::chrono::hours(48));
    CHECK(repository.refresh() == Outcome::Applied);
}

TEST_CASE("nobody makes himself a signer; a signer's word counts from the next commit on")
{
    auto repository = applied();
    repository->write(signers, repository->allow("ann") + repository->allow("eve"));
    SUBCASE("at once")
    {
        repository->writeDocuments("by eve");
        repository->commit("eve");
        mustRefuse(*repository);
    }
    SUBCASE("and in the commit after")
    {
        repository->commit("eve");
        repository->writeDocuments("by eve");
        repository->commit("eve");
        mustRefuse(*repository);
    }
    SUBCASE("an allowed signer may let her in")
    {
        repository->commit("ann", "Eve signs too");
        repository->writeDocuments("by eve");
        const auto byEve = repository->commit("eve");
        CHECK(repository->refresh() == Outcome::Applied);
        CHECK(repository->applied() == byEve);
    }
}

TEST_CASE("a key that was taken away does not come back with a branch from before")
{
    SignedRepository repository;
    repository.writeDocuments();
    repository.write(signers, repository.allow("ann") + repository.allow("bob"));
    const auto before = repository.commit("ann");
    repository.write(signers, repository.allow("ann"));
    const auto without = repository.commit("ann", "Bob left");
    REQUIRE(repository.refresh() == Outcome::Applied);

    std::string base = before;
    SUBCASE("beside the commit that took it away") {}
    SUBCASE("in a history of its own")
    {
        // The controller's own list knew him once.
        repository.allowAtFirst(repository.allow("ann") + repository.allow("bob"));
        repository.git({"checkout", "--quiet", "--orphan", "other"});
        base.clear();
    }
    if (!base.empty()) repository.git({"checkout", "--quiet", "-b", "other", base});
    repository.writeDocuments("bob was here");
    repository.write(signers, repository.allow("bob"));
    repository.commit("bob");
    // His branch is the first parent, so that its list would be asked; the tree is his too.
    repository.git({"merge", "--quiet", "-S", "-s", "ours", "--allow-unrelated-histories", "-m",
                       "Merge", without},
        "bob");
    repository.git({"branch", "--force", "main", "other"});
    repository.git({"checkout", "--quiet", "main"});
    mustRefuse(repository);
}

TEST_CASE("a branch is merged by somebody whom both sides trust")
{
    auto repository = applied();
    repository->git({"checkout", "--quiet", "-b", "feature"});
    repository->writeDocuments("feature");
    repository->commit("ann");
    repository->git({"checkout", "--quiet", "main"});
    repository->write("certificates/other.txt", "no document");
    repository->commit("ann");
    repository->git({"merge", "--quiet", "-S", "-m", "Merge", "feature"}, "ann");
    CHECK(repository->refresh() == Outcome::Applied);
    CHECK(repository->applied() == repository->tip());
    CHECK(repository->source->current()->manifest.version == 4);
}

TEST_CASE("a list of signers that is no plain file is refused")
{
    auto repository = applied();
    SUBCASE("a link to the controller's own")
    {
        repository->write(".perennial/.keep", "");
        REQUIRE(::symlink(repository->settings.allowedSigners.c_str(),
                    (repository->folder() + "/" + signers).c_str()) == 0);
        repository->commit("ann");
        std::filesystem::remove(repository->folder() + "/" + signers);
        repository->commit("ann", "Not any more");
    }
    SUBCASE("a folder")
    {
        repository->write(std::string(signers) + "/ann", "x");
        repository->commit("ann");
        repository->commit("ann");
    }
    SUBCASE("over a megabyte")
    {
        repository->write(signers, repository->allow("ann") + std::string(2U << 20U, '#'));
        repository->commit("ann");
        repository->commit("ann", "And on");
    }
    CHECK(repository->refresh() == Outcome::Refused);
    CHECK(repository->refusal().find("must be a plain file") != std::string::npos);
}

TEST_CASE(
    "without the controller's allowed signers nothing is followed, and nothing is refused for good")
{
    SignedRepository repository;
    repository.writeDocuments();
    repository.commit("ann");
    std::filesystem::remove(repository.settings.allowedSigners);
    const auto outcome = repository.source->refresh();
    REQUIRE(!outcome.ok());
    CHECK(outcome.error().kind == ErrorKind::Unavailable);
    repository.allowAtFirst(repository.allow("ann"));
    CHECK(repository.refresh() == Outcome::Applied);
}
