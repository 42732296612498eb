// What a signed commit may hold: all of it is good, or nothing of it applies.

#include "tests/support/test_pki.h"
#include "tests/unit/policy_source/signed_repository.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;
using Outcome = controller::PolicySource::Outcome;

namespace {

std::unique_ptr<SignedRepository> applied()
{
    auto repository = std::make_unique<SignedRepository>();
    repository->writeDocuments();
    repository->commit("ann");
    REQUIRE(repository->refresh() == Outcome::Applied);
    return repository;
}

void mustRefuse(SignedRepository& repository, const std::string& why)
{
    const auto before = repository.applied();
    CHECK(repository.refresh() == Outcome::Refused);
    CHECK(repository.applied() == before);
    CHECK_MESSAGE(repository.refusal().find(why) != std::string::npos, repository.refusal());
}

// Adds one entry to the tip's tree and commits that, signed.
void addEntry(SignedRepository& repository, const std::string& entry)
{
    const auto tree = repository.git({"ls-tree", "-z", "HEAD"});
    std::string input = tree;
    if (!input.empty() && input.back() != '\0') input += '\0';
    input += entry + '\0';
    repository.commitTree(repository.git({"mktree", "-z", "--missing"}, "", input), "ann");
}

} // namespace

TEST_CASE("links are refused wherever they point")
{
    auto repository = applied();
    const auto link = repository->folder() + "/certificates/link.yaml";
    SUBCASE("out of the repository") { REQUIRE(::symlink("/etc/passwd", link.c_str()) == 0); }
    SUBCASE("into it") { REQUIRE(::symlink("web.yaml", link.c_str()) == 0); }
    repository->commit("ann");
    mustRefuse(*repository, "certificates/link.yaml: links are not followed");
}

TEST_CASE("submodules are refused")
{
    auto repository = applied();
    repository->git(
        {"update-index", "--add", "--cacheinfo", "160000," + repository->tip() + ",sub"});
    repository->git({"commit", "--quiet", "-S", "-m", "Submodule"}, "ann");
    mustRefuse(*repository, "sub: submodules are not read");
}

TEST_CASE("paths that could mean something else are refused")
{
    auto repository = applied();
    const auto blob = repository->object("kind: certificate-policy\n");
    SUBCASE("a new line")
    {
        addEntry(*repository, "100644 blob " + blob + "\tline\nbreak.yaml");
        mustRefuse(*repository, "a path of at most 500 plain characters");
    }
    SUBCASE("a backslash")
    {
        addEntry(*repository, "100644 blob " + blob + "\ta\\b.yaml");
        mustRefuse(*repository, "a path of at most 500 plain characters");
    }
    SUBCASE("no document's name")
    {
        addEntry(*repository, "100644 blob " + blob + "\two rld.yaml");
        mustRefuse(*repository, "wo rld.yaml: the path must be relative");
    }
    SUBCASE("the folder above, or git's own: git itself does not let them in")
    {
        std::string name;
        SUBCASE("..") { name = ".."; }
        SUBCASE(".git") { name = ".git"; }
        SUBCASE(".GIT") { name = ".GIT"; }
        const auto inner =
            repository->git({"mktree", "-z"}, "", "100644 blob " + blob + "\tx.yaml" + '\0');
        addEntry(*repository, "040000 tree " + inner + "\t" + name);
        const auto before = repository->applied();
        const auto outcome = repository->source->refresh();
        CHECK((!outcome.ok() || *outcome == Outcome::Refused));
        CHECK(repository->applied() == before);
    }
}

TEST_CASE("a document over a megabyte is refused before it is read")
{
    auto repository = applied();
    repository->write("certificates/huge.yaml", "# " + std::string(1U << 20U, 'x') + "\n");
    repository->commit("ann");
    mustRefuse(*repository, "certificates/huge.yaml: over 1 MB");
}

TEST_CASE("documents that no agent could take together are refused")
{
    auto repository = applied();
    // 13 MB in git; as JSON every newline takes two bytes.
    for (int i = 0; i < 13; ++i)
        repository->write("more/" + std::to_string(i) + ".yaml",
            "kind: certificate-policy\nname: more-" + std::to_string(i) +
                "\npriority: " + std::to_string(100 + i) +
                "\nmatch: {names: [a.example.test]}\nrenew: {before: 1d}\nenrollment_service: "
                "corp\naction: none\n" +
                std::string(1'000'000, '\n'));
    repository->commit("ann");
    mustRefuse(*repository, "too large for an agent");
}

TEST_CASE("a mistake in one document refuses all of them, and says where it is")
{
    auto repository = applied();
    repository->write("certificates/good.yaml",
        "kind: certificate-policy\nname: good\npriority: 500\nmatch: {}\nrenew: {before: "
        "1d}\nenrollment_service: corp\naction: none\n");
    SUBCASE("no YAML")
    {
        repository->write("certificates/web.yaml", "kind: certificate-policy\nname: [web\n");
        repository->commit("ann");
        mustRefuse(*repository, "certificates/web.yaml:");
    }
    SUBCASE("a key that is there twice")
    {
        repository->write("certificates/web.yaml", "kind: certificate-policy\nname: a\nname: b\n");
        repository->commit("ann");
        mustRefuse(*repository, "certificates/web.yaml:3:");
    }
    SUBCASE("an anchor that would grow")
    {
        repository->write("certificates/web.yaml", "kind: &a [x, x]\nname: [*a, *a]\n");
        repository->commit("ann");
        mustRefuse(*repository, "certificates/web.yaml:1:");
    }
    SUBCASE("two in one file are both named")
    {
        repository->write("certificates/web.yaml",
            "kind: certificate-policy\nname: web\nmatch: {}\nrenew: {before: 0d}\n"
            "enrollment_service: nowhere\naction: rm -rf /\n");
        repository->commit("ann");
        mustRefuse(*repository, "certificates/web.yaml:4:");
        CHECK(repository->refusal().find("certificates/web.yaml:6:") != std::string::npos);
    }
    CHECK(repository->source->current()->set.findPolicy("good") == nullptr);
}

TEST_CASE("a commit that leaves no document is refused: it would end every renewal")
{
    auto repository = applied();
    repository->git({"rm", "--quiet", "-r", "certificates", "services"});
    repository->write("README", "moved\n");
    repository->commit("ann");
    mustRefuse(*repository, "there is no document");
}

TEST_CASE("only *.yaml outside hidden folders are documents")
{
    auto repository = applied();
    repository->write("README.md", "not: [a document\n");
    repository->write(".github/workflow.yaml", "not: [a document\n");
    repository->write("certificates/.draft.yaml", "not: [a document\n");
    repository->write("certificates/web.yaml.orig", "not: [a document\n");
    repository->commit("ann");
    CHECK(repository->refresh() == Outcome::Applied);
    CHECK(repository->source->current()->documents.size() == 2);
}

TEST_CASE("nothing that a repository brings is ever run")
{
    auto repository = applied();
    TemporaryFolder folder;
    const auto canary = folder / "canary";
    const auto script =
        folder.write("run", "#!/bin/sh\necho \"$0 $*\" >> " + canary + "\ncat\n", 0700);
    // Filters and text conversions by attribute, their programs in the configuration beside them.
    repository->write(".gitattributes", "*.yaml filter=canary diff=canary merge=canary\n");
    for (const auto* key : {"filter.canary.smudge", "filter.canary.clean", "filter.canary.process",
             "diff.canary.textconv", "diff.external", "core.fsmonitor", "core.sshCommand",
             "core.pager", "gpg.program", "gpg.ssh.program", "uploadpack.packObjectsHook"})
        repository->git({"config", key, script});
    for (const auto& hooks :
        {repository->folder() + "/.git/hooks", repository->clone() + "/hooks"}) {
        std::filesystem::create_directories(hooks);
        for (const auto* hook : {"post-checkout", "post-merge", "reference-transaction",
                 "post-receive", "update", "pre-receive", "post-update", "pre-auto-gc"}) {
            std::filesystem::copy_file(script, hooks + "/" + hook);
            ::chmod((hooks + "/" + hook).c_str(), 0700);
        }
    }
    // Made without porcelain, so that the canary is not told by this side.
    repository->git({"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c",
        "filter.canary.clean=cat", "-c", "filter.canary.process=", "add", "-A"});
    repository->git({"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c",
                        "gpg.ssh.program=ssh-keygen", "commit", "--quiet", "-S", "-m", "Canary"},
        "ann");
    std::filesystem::remove(canary);
    const auto tip = repository->git({"rev-parse", "HEAD"});

    CHECK(repository->refresh() == Outcome::Applied);
    CHECK(repository->applied() == tip);
    CHECK_MESSAGE(!std::filesystem::exists(canary), readText(canary));
}
