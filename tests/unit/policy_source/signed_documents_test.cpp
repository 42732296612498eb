// A repository whose owners sign a manifest: relayed as it is, and looked at before any agent does.

#include "tests/support/policy_owner.h"
#include "tests/unit/policy_source/signed_repository.h"

using namespace perennial;
using namespace perennial::test;
using controller::PolicySource;

namespace {

struct World {
    SignedRepository repository;
    PolicyOwner owner;
    TemporaryFolder folder;
    std::int64_t version = 0;

    void demand(int threshold, const std::vector<std::string>& who)
    {
        repository.settings.signersThreshold = threshold;
        repository.settings.signersFile = folder.write("policy_signers", owner.lines(who));
        repository.source = repository.open();
    }
    policy::SignedContent content(const std::string& marker, const std::string& signers = "")
    {
        repository.writeDocuments(marker);
        const std::vector<model::PolicyDocument> documents = {
            {"services/corp.yaml", readText(repository.folder() + "/services/corp.yaml")},
            {"certificates/web.yaml", readText(repository.folder() + "/certificates/web.yaml")}};
        return PolicyOwner::contentOf(documents, ++version, repository.clock.now(), signers);
    }
    void write(const policy::SignedContent& what, const std::vector<std::string>& who,
        const std::string& signers = "")
    {
        const auto made = owner.sign(what, who, signers);
        repository.write(std::string(policy::manifestPath), made.manifest);
        std::filesystem::remove_all(
            repository.folder() + "/" + std::string(policy::signaturesFolder));
        for (const auto& [name, text] : made.signatures)
            repository.write(std::string(policy::signaturesFolder) + "/" + name, text);
        if (!signers.empty()) repository.write(std::string(policy::signersPath), signers);
    }
    std::string commit()
    {
        repository.commit("ann");
        if (repository.refresh() == PolicySource::Outcome::Applied) return "applied";
        return repository.refusal();
    }
    void checkRefused(const std::string& what)
    {
        const auto before = repository.applied();
        const auto said = commit();
        CHECK_MESSAGE(said.find(what) != std::string::npos, said);
        CHECK(repository.applied() == before);
        repository.git({"reset", "--quiet", "--hard", before});
        CHECK(repository.refresh() == PolicySource::Outcome::Unchanged);
    }
};

} // namespace

TEST_CASE("what its owners signed is relayed byte for byte, over a restart too")
{
    World world;
    world.demand(2, {"ann", "bob"});
    world.write(world.content("one"), {"ann", "bob"});
    REQUIRE(world.commit() == "applied");
    for (int i = 0; i < 2; ++i) {
        const auto current = world.repository.source->current();
        REQUIRE(current->signedDocuments);
        const auto& relayed = current->signedDocuments->relayed;
        CHECK(relayed.manifest ==
              readText(world.repository.folder() + "/" + std::string(policy::manifestPath)));
        CHECK(relayed.signatures.size() == 2);
        CHECK(relayed.signatures.count("bob.sig") == 1);
        CHECK(current->signedDocuments->mark.version == 1);
        CHECK(current->signedDocuments->signedBy.size() == 2);
        world.repository.source = world.repository.open();
    }
}

TEST_CASE("a commit that agents would refuse is refused here, and says why")
{
    World world;
    world.demand(2, {"ann", "bob"});
    world.write(world.content("one"), {"ann", "bob"});
    REQUIRE(world.commit() == "applied");
    const auto first = world.version;

    world.repository.writeDocuments("changed and not signed");
    world.checkRefused("certificates/web.yaml is not the file that was signed");
    world.write(world.content("two"), {"ann"});
    world.checkRefused("and 2 must");
    world.write(world.content("two"), {"ann", "eve"});
    world.checkRefused("1 of the policy signers");
    auto older = world.content("two");
    older.version = first;
    world.write(older, {"ann", "bob"});
    world.checkRefused("another manifest than the one");
    auto expired = world.content("two");
    expired.expires = world.repository.clock.now();
    world.write(expired, {"ann", "bob"});
    world.checkRefused("has expired");
    auto elsewhere = world.content("two");
    elsewhere.repository = "elsewhere";
    world.write(elsewhere, {"ann", "bob"});
    world.checkRefused("of the repository elsewhere");
    std::filesystem::remove_all(world.repository.folder() + "/.perennial");
    world.checkRefused("there is no .perennial/manifest.json");

    world.write(world.content("two"), {"ann", "bob"});
    CHECK(world.commit() == "applied");
}

TEST_CASE("without signers that it knows, what is there must fit all the same")
{
    World world;
    world.repository.writeDocuments("unsigned");
    REQUIRE(world.commit() == "applied");
    CHECK_FALSE(world.repository.source->current()->signedDocuments);
    world.write(world.content("one"), {});
    world.checkRefused("signed by nobody");
    world.write(world.content("one"), {"eve"});
    REQUIRE(world.commit() == "applied");
    world.repository.writeDocuments("changed and not signed");
    world.checkRefused("is not the file that was signed");
}

TEST_CASE("signers that the owners agreed on count from then on")
{
    World world;
    world.demand(1, {"ann"});
    const auto next = world.owner.lines({"bob"});
    world.write(world.content("one", next), {"ann"}, next);
    CHECK(world.commit().find("of the new signers") != std::string::npos);
    world.write(world.content("one", next), {"ann", "bob"}, next);
    REQUIRE(world.commit() == "applied");
    world.write(world.content("two", next), {"ann"}, next);
    world.checkRefused("0 of the policy signers");
    world.write(world.content("two", next), {"bob"}, next);
    CHECK(world.commit() == "applied");
}
