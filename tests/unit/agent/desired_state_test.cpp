// Which documents an agent takes from its controller, and what it goes on with when it takes none.

#include "agent/slot_table.h"
#include "tests/support/agent_parts.h"
#include "tests/support/dying_file_system.h"
#include "tests/support/memory_files.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;

namespace {

constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
const std::string otherCommit(40, 'b');

struct Keeper {
    FakeAuthority authority;
    MemoryFiles disk;
    DesiredStateKeeper keeper{disk, "/state/documents.json"};

    protocol::Documents sent(std::int64_t version, const std::string& commit = testCommit,
        const PolicyWords& words = {}) const
    {
        return asSent(testDocuments(authority, words), version, start, commit);
    }
    Status adopt(const protocol::Documents& documents, TimePoint now = start)
    {
        return keeper.adopt(documents, testAgent, "web1.example.test", now);
    }
    // What is refused leaves all as it was, in memory and on disk.
    void checkRefused(const protocol::Documents& documents, ErrorKind kind, TimePoint now = start)
    {
        const auto held = keeper.current();
        const auto before = disk.content;
        const auto adopted = adopt(documents, now);
        REQUIRE_FALSE(adopted.ok());
        CHECK_MESSAGE(adopted.error().kind == kind, adopted.error().message);
        CHECK(keeper.current() == held);
        CHECK(disk.content == before);
    }
};

} // namespace

TEST_CASE("documents that fit their manifest are taken, and kept over a restart")
{
    Keeper world;
    CHECK(world.keeper.current()->version == 0);
    REQUIRE(world.adopt(world.sent(7)));
    CHECK(world.keeper.current()->version == 7);
    CHECK(world.keeper.current()->set.policies.size() == 1);

    DesiredStateKeeper restarted(world.disk, "/state/documents.json");
    REQUIRE(restarted.load(testAgent, "web1.example.test", start));
    CHECK(restarted.current()->version == 7);
    CHECK(restarted.current()->commit == testCommit);
    CHECK(restarted.current()->expires == world.keeper.current()->expires);
}

TEST_CASE("a manifest older than the held one is refused, after a restart too")
{
    Keeper world;
    REQUIRE(world.adopt(world.sent(7)));
    world.checkRefused(world.sent(6, otherCommit), ErrorKind::PermissionDenied);
    REQUIRE(world.keeper.load(testAgent, "web1.example.test", start));
    world.checkRefused(world.sent(6, otherCommit), ErrorKind::PermissionDenied);
    world.checkRefused(world.sent(7, otherCommit), ErrorKind::PermissionDenied); // a fork
    REQUIRE(world.adopt(world.sent(7)));                                         // confirmed again
    REQUIRE(world.adopt(world.sent(8, otherCommit)));
}

TEST_CASE("documents that are not exactly those of the manifest are refused whole")
{
    Keeper world;
    REQUIRE(world.adopt(world.sent(7)));
    const auto good = world.sent(8, otherCommit);
    auto changed = good;
    changed.documents[1].content += "# one byte more\n";
    auto missing = good;
    missing.documents.pop_back();
    auto more = good;
    more.documents.push_back({"more.yaml", "kind: certificate-policy\n"});
    auto swapped = good;
    std::swap(swapped.documents[0].content, swapped.documents[1].content);
    auto twice = good;
    twice.documents.push_back(good.documents[0]);
    for (const auto& documents : {changed, missing, more, swapped, twice})
        world.checkRefused(documents, ErrorKind::Corrupt);
    auto noCommit = good;
    noCommit.manifest.commit = "main";
    world.checkRefused(noCommit, ErrorKind::PermissionDenied);
    auto noVersion = good;
    noVersion.manifest.version = 0;
    world.checkRefused(noVersion, ErrorKind::PermissionDenied);
}

TEST_CASE("documents that mean nothing are refused whole, though the manifest fits")
{
    Keeper world;
    REQUIRE(world.adopt(world.sent(7)));
    auto documents = testDocuments(world.authority);
    documents[1].content += "unknown: key\n";
    world.checkRefused(asSent(documents, 8, start, otherCommit), ErrorKind::InvalidInput);
    world.checkRefused(
        world.sent(8, otherCommit, {"30d", "surprise: 1\n"}), ErrorKind::InvalidInput);
}

TEST_CASE("a manifest past its end is not taken, but one that is held stays in force")
{
    Keeper world;
    REQUIRE(world.adopt(world.sent(7)));
    world.checkRefused(world.sent(8, otherCommit), ErrorKind::PermissionDenied, start + days(30));
    world.checkRefused(world.sent(8, otherCommit), ErrorKind::PermissionDenied, start + days(365));
    DesiredStateKeeper restarted(world.disk, "/state/documents.json");
    REQUIRE(restarted.load(testAgent, "web1.example.test", start)); // whatever the time is
    CHECK(restarted.current()->version == 7);
}

TEST_CASE("what the disk does not take is not in force either")
{
    Keeper world;
    REQUIRE(world.adopt(world.sent(7)));
    DyingFileSystem full(world.disk, {1, DyingFileSystem::Fault::Fail});
    DesiredStateKeeper keeper(full, "/state/documents.json");
    REQUIRE(keeper.load(testAgent, "web1.example.test", start));
    const auto adopted = keeper.adopt(world.sent(8, otherCommit), testAgent, "web1", start);
    REQUIRE_FALSE(adopted.ok());
    CHECK(adopted.error().kind == ErrorKind::Internal);
    CHECK(keeper.current()->version == 7);
}

TEST_CASE("a damaged file of documents is said by name, and nothing is in force")
{
    Keeper world;
    REQUIRE(world.adopt(world.sent(7)));
    auto& text = world.disk.content["/state/documents.json"];
    for (const auto& damaged :
        {std::string(), text.substr(0, text.size() / 2), std::string("{}")}) {
        text = damaged;
        DesiredStateKeeper keeper(world.disk, "/state/documents.json");
        const auto loaded = keeper.load(testAgent, "web1.example.test", start);
        REQUIRE_FALSE(loaded.ok());
        CHECK(loaded.error().message.find("documents.json") != std::string::npos);
        CHECK(keeper.current()->set.policies.empty());
    }
}

TEST_CASE("slots: an end is counted once, and a restart knows it")
{
    const FakeAuthority authority;
    TemporaryFolder folder{memoryFolder()};
    FakeHost host(folder.path());
    host.install(authority.issue(
        FakeAuthority::newKey().publicKeyDer(), {start - days(80), start + days(10)}));
    MemoryFiles disk;
    SlotTable slots(disk, "/state");
    REQUIRE(slots.load());
    REQUIRE(slots.put(scanOf(host, start)));
    const auto slot = slots.inventory()->slots.front().id;
    REQUIRE(slots.failed(slot, model::OrderId("order-1"), start));
    REQUIRE(slots.failed(slot, model::OrderId("order-1"), start + days(1)));
    CHECK(slots.fortuneOf(slot).failures == 1);
    CHECK(slots.fortuneOf(slot).lastFailure == start);
    REQUIRE(slots.failed(slot, model::OrderId("order-2"), start + days(1)));
    CHECK(slots.fortuneOf(slot).failures == 2);

    const auto renewed =
        authority.issue(FakeAuthority::newKey().publicKeyDer(), {start, start + days(90)});
    for (int time = 0; time < 2; ++time)
        REQUIRE(slots.completed(slot, model::OrderId("order-3"), renewed, start + days(2)));
    CHECK(slots.fortuneOf(slot).failures == 0);
    CHECK(slots.fortuneOf(slot).generation == 1);
    // Known before the next scan.
    CHECK(slots.find(slot)->certificate.fingerprint.text() == fingerprintOf(renewed));

    SlotTable restarted(disk, "/state");
    REQUIRE(restarted.load());
    CHECK(restarted.fortuneOf(slot).generation == 1);
    CHECK(restarted.fortuneOf(slot).lastOrder == model::OrderId("order-3"));
    CHECK(restarted.fortuneOf(slot).lastCompletion == start + days(2));
    CHECK(restarted.inventory()->slots.size() == 1);

    disk.content["/state/inventory.json"] = "{"; // the next scan fills it
    SlotTable forgiving(disk, "/state");
    REQUIRE(forgiving.load());
    CHECK(forgiving.inventory()->slots.empty());
}

TEST_CASE("what is damaged of how renewals fared is put aside, and the rest is known")
{
    MemoryFiles disk;
    const model::SlotId good("slot-a");
    SlotTable slots(disk, "/state");
    REQUIRE(slots.load());
    REQUIRE(slots.failed(good, model::OrderId("order-1"), start));
    auto text = disk.content["/state/slots.json"];
    text.insert(1, R"("slot-b":{"failures":"many"},)");
    for (const auto& damaged : {text, std::string("{")}) {
        disk.content["/state/slots.json"] = damaged;
        SlotTable restarted(disk, "/state");
        const auto said = restarted.load();
        REQUIRE(said);
        REQUIRE(said->size() == 1);
        CHECK(said->front().find("/state/slots.json") != std::string::npos);
        CHECK(disk.content["/state/slots.json.damaged"] == damaged);
        CHECK(restarted.fortuneOf(good).failures == (damaged == "{" ? 0 : 1));
        // Said once: the next start finds a sound file.
        CHECK(SlotTable(disk, "/state").load()->empty());
    }
}
