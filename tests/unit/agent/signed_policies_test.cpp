// An agent that demands signatures: what it takes, what it remembers over restarts.

#include "agent/signed_policies.h"
#include "tests/support/policy_owner.h"
#include "tests/unit/agent/talk.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;

namespace {

constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

// The signers' file must be root's.
#define AS_ROOT                                                                                    \
    if (::geteuid() != 0) {                                                                        \
        MESSAGE("skipped: the signers' file must be root's, and this user is not root");           \
        return;                                                                                    \
    }

struct Host {
    FakeAuthority authority;
    PolicyOwner owner;
    MemoryFiles disk;
    TemporaryFolder folder;
    int threshold = 2;
    std::unique_ptr<DesiredStateKeeper> keeper;

    Host() { configure(owner.lines({"ann", "bob"})); }
    void configure(const std::string& signers)
    {
        (void)folder.write("policy_signers", signers, 0644);
        REQUIRE(restart());
    }
    Status restart(TimePoint now = start)
    {
        keeper = std::make_unique<DesiredStateKeeper>(disk, "/state/documents.json");
        auto opened = SignedPolicies::open(disk, {threshold, folder / "policy_signers"}, "/state");
        if (!opened) return opened.error();
        keeper->demand(*std::move(opened));
        return keeper->load(testAgent, "web1.example.test", now);
    }
    protocol::Documents sent(std::int64_t version, const std::vector<std::string>& who,
        const std::string& signers = "", const std::string& before = "30d") const
    {
        const auto documents = testDocuments(authority, {before});
        auto made = asSent(
            documents, version, start, std::string(40, static_cast<char>('a' + version % 6)));
        made.signedManifest =
            owner.sign(PolicyOwner::contentOf(documents, version, start, signers), who, signers);
        return made;
    }
    Status adopt(const protocol::Documents& documents, TimePoint now = start)
    {
        return keeper->adopt(documents, testAgent, "web1.example.test", now);
    }
    void checkRefused(
        const protocol::Documents& documents, const std::string& what, TimePoint now = start)
    {
        CAPTURE(what);
        const auto held = keeper->current();
        const auto before = disk.content;
        const auto adopted = adopt(documents, now);
        REQUIRE_FALSE(adopted);
        CHECK_MESSAGE(
            adopted.error().message.find(what) != std::string::npos, adopted.error().message);
        CHECK(keeper->current() == held);
        CHECK(disk.content == before);
    }
};

} // namespace

TEST_CASE("documents are taken when they are signed as the host demands")
{
    AS_ROOT
    Host host;
    host.checkRefused(host.sent(7, {"ann"}), "and 2 must");
    host.checkRefused(host.sent(7, {"ann", "eve"}), "and 2 must");
    auto none = host.sent(7, {"ann", "bob"});
    none.signedManifest.reset();
    host.checkRefused(none, "no signed manifest");
    REQUIRE(host.adopt(host.sent(7, {"ann", "bob"})));
    CHECK(host.keeper->current()->signedAs.version == 7);
    CHECK(host.keeper->current()->signedAs.repository == "corp-policies");
}

TEST_CASE("what was accepted is remembered over restarts")
{
    AS_ROOT
    Host host;
    REQUIRE(host.adopt(host.sent(7, {"ann", "bob"})));
    REQUIRE(host.restart());
    CHECK(host.keeper->current()->version == 7);
    host.checkRefused(host.sent(6, {"ann", "bob"}), "older than 7");
    host.checkRefused(host.sent(7, {"ann", "bob"}, "", "20d"), "another manifest");
    // A controller that lost or hides the documents gains nothing.
    host.disk.content.erase("/state/documents.json");
    REQUIRE(host.restart());
    CHECK(host.keeper->current()->version == 0);
    host.checkRefused(host.sent(6, {"ann", "bob"}), "older than 7");
    // A crash between documents and memory.
    Host crashed;
    REQUIRE(crashed.adopt(crashed.sent(7, {"ann", "bob"})));
    crashed.disk.content.erase("/state/policies_signed.json");
    REQUIRE(crashed.restart());
    crashed.checkRefused(crashed.sent(6, {"ann", "bob"}), "older than 7");
}

TEST_CASE("a controller that counts too far keeps nobody from later documents")
{
    AS_ROOT
    Host host;
    auto far = host.sent(7, {"ann", "bob"});
    far.manifest.version = 1'000'000'000'000;
    far.manifest.commit = std::string(40, 'f');
    REQUIRE(host.adopt(far));
    REQUIRE(host.adopt(host.sent(7, {"ann", "bob"})));
    CHECK(host.keeper->current()->version == 7);
    REQUIRE(host.adopt(host.sent(8, {"ann", "bob"})));
}

TEST_CASE("an end that is over keeps new documents out and held ones in force")
{
    AS_ROOT
    Host host;
    auto late = host.sent(7, {"ann", "bob"});
    late.manifest.expires = start + days(1000);
    host.checkRefused(late, "has expired", start + days(90));
    REQUIRE(host.adopt(host.sent(7, {"ann", "bob"})));
    REQUIRE(host.restart(start + days(500)));
    CHECK(host.keeper->current()->version == 7);
    // The earlier of both ends counts.
    REQUIRE(host.adopt([&] {
        auto documents = host.sent(8, {"ann", "bob"});
        documents.manifest.expires = start + days(1000);
        return documents;
    }()));
    CHECK(host.keeper->current()->expires == start + days(90));
}

TEST_CASE("held documents that nobody signed are out of force once signatures are demanded")
{
    AS_ROOT
    Host host;
    REQUIRE(host.adopt(host.sent(7, {"ann", "bob"})));
    (void)host.folder.write("policy_signers", host.owner.lines({"ann", "eve"}), 0644);
    const auto restarted = host.restart();
    REQUIRE_FALSE(restarted);
    CHECK(restarted.error().kind == ErrorKind::PermissionDenied);
    CHECK(host.keeper->current()->version == 0);
    CHECK(host.adopt(host.sent(7, {"ann", "bob", "eve"})).ok()); // the same manifest
}

TEST_CASE("signers change when old and new ones agree, and the host's file has the last word")
{
    AS_ROOT
    Host host;
    REQUIRE(host.adopt(host.sent(7, {"ann", "bob"})));
    const auto next = host.owner.lines({"bob", "eve"});
    host.checkRefused(host.sent(8, {"bob", "eve"}, next), "1 of the policy signers");
    REQUIRE(host.adopt(host.sent(8, {"ann", "bob", "eve"}, next)));
    for (const bool restarted : {false, true}) {
        CAPTURE(restarted);
        if (restarted) REQUIRE(host.restart());
        host.checkRefused(host.sent(9, {"ann", "bob"}, next), "1 of the policy signers");
    }
    REQUIRE(host.adopt(host.sent(9, {"bob", "eve"}, next)));
    REQUIRE(host.adopt(host.sent(10, {"bob", "eve"}))); // the list may be left out again
    host.checkRefused(host.sent(11, {"ann", "bob"}), "1 of the policy signers");
    (void)host.folder.write("policy_signers", host.owner.lines({"ann", "bob"}) + "# new\n", 0644);
    (void)host.restart();
    host.checkRefused(host.sent(11, {"bob", "eve"}), "1 of the policy signers");
    REQUIRE(host.adopt(host.sent(11, {"ann", "bob"})));
}

TEST_CASE("the signers' file is root's, has enough keys, and is whole")
{
    AS_ROOT
    Host host;
    host.threshold = 3;
    CHECK(host.restart().error().message.find("no documents could ever") != std::string::npos);
    host.threshold = 2;
    const auto file = host.folder / "policy_signers";
    REQUIRE(::chown(file.c_str(), 65534, 0) == 0);
    CHECK(host.restart().error().kind == ErrorKind::PermissionDenied);
    REQUIRE(::chown(file.c_str(), 0, 0) == 0);
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
    CHECK(host.restart().error().kind == ErrorKind::PermissionDenied);
    (void)host.folder.write("policy_signers", "nonsense\n", 0644);
    CHECK(host.restart().error().kind == ErrorKind::InvalidInput);
    REQUIRE(::unlink(file.c_str()) == 0);
    CHECK_FALSE(host.restart());
    // What was accepted is not guessed.
    (void)host.folder.write("policy_signers", host.owner.lines({"ann", "bob"}), 0644);
    host.disk.content["/state/policies_signed.json"] = "{}";
    CHECK(host.restart().error().kind == ErrorKind::Corrupt);
}
