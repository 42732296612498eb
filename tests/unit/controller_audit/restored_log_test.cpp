#include "controller/audit/audit_log.h"

#include "tests/unit/controller_audit/audit_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

namespace fs = std::filesystem;

using namespace perennial;
using namespace perennial::controller;
using perennial::test::AuditFixture;
using perennial::test::memberOf;

namespace {

// 20 events, a clean stop, a copy of the folder; then 20 more and another clean stop.
struct GoneOn {
    AuditFixture fixture;
    fs::path backup = fixture.folder.path() / "backup";

    GoneOn()
    {
        run(20);
        fs::copy(fixture.folder.path() / "audit", backup);
        run(20);
    }
    void run(int events)
    {
        auto log = fixture.mustOpen();
        fixture.addMany(events);
        REQUIRE(log->integrate());
        REQUIRE(log->stop());
    }
    void restoreBackup() const
    {
        fs::remove_all(fixture.folder.path() / "audit");
        fs::copy(backup, fixture.folder.path() / "audit");
    }
    void mustRefuse(const std::string& text)
    {
        const auto opened = fixture.open();
        REQUIRE_FALSE(opened);
        CHECK(opened.error().kind == ErrorKind::Corrupt);
        CHECK_MESSAGE(
            opened.error().message.find(text) != std::string::npos, opened.error().message);
    }
};

} // namespace

TEST_CASE("a log restored from a backup is refused until somebody accepts it, which is an event")
{
    GoneOn world;
    auto& fixture = world.fixture;
    REQUIRE(fixture.mustVerify().size == 44);
    world.restoreBackup();
    REQUIRE(fixture.mustVerify().size == 22); // by itself it is a good log
    world.mustRefuse("--accept-restored-log");
    world.mustRefuse("44 records");
    CHECK(fixture.lines().size() == 22); // refusing changed nothing

    {
        auto log = fixture.mustOpen(true);
        CHECK(log->restoredAt() == 22);
        CHECK(log->checkpointSize() == 24); // signed at once
        fixture.addMany(40);
        REQUIRE(log->integrate());
        REQUIRE(log->stop());
    }
    const auto record = fixture.lines().at(22);
    CHECK(memberOf(record, "kind") == "admin.restored");
    const auto details = *Json::parse(memberOf(record, "details"));
    CHECK(*details.find("log_size") == Json(22));
    CHECK(*details.find("checkpoint_size") == Json(44));
    const auto verified = fixture.mustVerify();
    CHECK(verified.size == 65);
    CHECK(fixture.readFile("checkpoints").find("\n44\n") != std::string::npos); // kept for ever
    REQUIRE(verified.restores.size() == 1);
    CHECK(verified.restores[0].lostTo == 44);

    const auto again = fixture.mustOpen(); // accepted once is enough
    CHECK_FALSE(again->restoredAt());
}

TEST_CASE("accepting changes nothing where nothing is lost")
{
    GoneOn world;
    auto log = world.fixture.mustOpen(true);
    CHECK_FALSE(log->restoredAt());
    CHECK(log->size() == 45);
}

TEST_CASE("a tail that was cut off is refused, and accepted as a gap when somebody says so")
{
    GoneOn world;
    auto& fixture = world.fixture;
    SUBCASE("the last file")
    {
        REQUIRE(fixture.files.remove(fixture.folder / "audit/events-000000000040.jsonl"));
    }
    SUBCASE("within a line")
    {
        const auto content = fixture.readFile("events-000000000040.jsonl");
        fixture.writeFile("events-000000000040.jsonl", content.substr(0, content.size() - 9));
    }
    SUBCASE("with its leaves")
    {
        auto content = fixture.readFile("events-000000000040.jsonl");
        content.pop_back();
        content.resize(content.rfind('\n') + 1);
        fixture.writeFile("events-000000000040.jsonl", content);
        auto leaves = fixture.readFile("leaves");
        leaves.resize(leaves.size() - 32);
        fixture.writeFile("leaves", leaves);
    }
    const auto kept = fixture.lines().size();
    CHECK_FALSE(fixture.open());
    {
        auto log = fixture.mustOpen(true);
        CHECK(log->restoredAt() == kept - (kept == 44 ? 1 : 0));
        fixture.addMany(10);
        REQUIRE(log->integrate());
        REQUIRE(log->stop());
    }
    CHECK(fixture.mustVerify().restores.size() == 1);
    fixture.mustOpen();
}

TEST_CASE("a log restored twice is still one that can be verified")
{
    GoneOn world;
    auto& fixture = world.fixture;
    world.restoreBackup();
    {
        auto log = fixture.mustOpen(true);
        fixture.addMany(5);
        REQUIRE(log->integrate());
        REQUIRE(log->stop());
    }
    const auto size = fixture.mustVerify().size;
    // The same backup again, but the notes are those of today.
    const auto notes = fixture.readFile("checkpoints");
    const auto newest = fixture.readFile("checkpoint");
    world.restoreBackup();
    fixture.writeFile("checkpoints", notes);
    fixture.writeFile("checkpoint", newest);
    world.mustRefuse(std::to_string(size) + " records");
    {
        auto log = fixture.mustOpen(true);
        fixture.addMany(60);
        REQUIRE(log->integrate());
        REQUIRE(log->stop());
    }
    const auto verified = fixture.mustVerify();
    REQUIRE(verified.restores.size() == 1);
    CHECK(verified.restores[0].sequence == 22);
    CHECK(verified.restores[0].lostTo == 44); // the biggest that was ever signed
}

TEST_CASE("records changed since the last checkpoint, or notes of another key, are never accepted")
{
    GoneOn world;
    auto& fixture = world.fixture;
    auto log = fixture.mustOpen();
    fixture.addMany(3);
    REQUIRE(log->integrate());
    log.reset(); // no stop: the tail is not signed
    SUBCASE("a record")
    {
        auto content = fixture.readFile("events-000000000040.jsonl");
        content[content.rfind("web1")] = 'v';
        fixture.writeFile("events-000000000040.jsonl", content);
    }
    SUBCASE("an early leaf")
    {
        auto leaves = fixture.readFile("leaves");
        leaves[40] = static_cast<char>(leaves[40] ^ 1);
        fixture.writeFile("leaves", leaves);
    }
    SUBCASE("a file in the middle")
    {
        REQUIRE(fixture.files.remove(fixture.folder / "audit/events-000000000016.jsonl"));
    }
    SUBCASE("the newest note")
    {
        auto note = fixture.readFile("checkpoint");
        note[note.size() - 8] ^= 1;
        fixture.writeFile("checkpoint", note);
    }
    SUBCASE("the list of notes")
    {
        fixture.writeFile("checkpoints", fixture.readFile("checkpoint").substr(1));
    }
    SUBCASE("no newest note")
    {
        REQUIRE(fixture.files.remove(fixture.folder / "audit/checkpoint"));
    }
    SUBCASE("a foreign note at the end")
    {
        const auto other = x509::PrivateKey::generateEd25519();
        const Secret pem = other->toPem();
        auto signer = audit::NoteSigner::make(
            "controller.example.test/audit", std::move(*x509::PrivateKey::fromPem(pem)));
        const auto note =
            audit::signCheckpoint({"controller.example.test/audit", 47, Bytes(32, 'x')}, *signer);
        fixture.writeFile("checkpoints", fixture.readFile("checkpoints") + note);
    }
    const auto before = fixture.lines();
    for (const bool accept : {false, true}) {
        const auto opened = fixture.open(accept);
        REQUIRE_FALSE(opened);
        CHECK((opened.error().kind == ErrorKind::Corrupt ||
               opened.error().kind == ErrorKind::NotFound));
    }
    CHECK(fixture.lines() == before);
}

TEST_CASE("what a power failure can leave after the last checkpoint is repaired")
{
    GoneOn world;
    auto& fixture = world.fixture;
    {
        auto log = fixture.mustOpen();
        fixture.addMany(3);
        REQUIRE(log->integrate());
    }
    const auto last = "events-000000000040.jsonl"; // 40 .. 47, full
    SUBCASE("leaves that were not written")
    {
        auto leaves = fixture.readFile("leaves");
        leaves.resize(leaves.size() - 2 * 32 - 5);
        fixture.writeFile("leaves", leaves);
        CHECK(fixture.mustOpen()->size() == 49); // nothing is lost: the records are whole
    }
    SUBCASE("zeros where leaves should be")
    {
        auto leaves = fixture.readFile("leaves");
        leaves.replace(leaves.size() - 64, 64, std::string(64, '\0'));
        fixture.writeFile("leaves", leaves);
        CHECK(fixture.mustOpen()->size() == 49);
    }
    SUBCASE("a record by half, without its leaf")
    {
        fixture.writeFile("events-000000000048.jsonl", R"({"actor":{"id":"a1",)");
        CHECK(fixture.mustOpen()->size() == 49);
    }
    SUBCASE("rubbish with line ends, without leaves")
    {
        fixture.writeFile("events-000000000048.jsonl", std::string("\0\0\n\0\n\n", 6));
        CHECK(fixture.mustOpen()->size() == 49);
    }
    SUBCASE("a note by half")
    {
        const auto notes = fixture.readFile("checkpoints");
        for (std::size_t cut = 1; cut < fixture.readFile("checkpoint").size(); cut += 9) {
            const auto newest = fixture.readFile("checkpoint");
            fixture.writeFile("checkpoints", notes + newest.substr(0, cut));
            fixture.mustOpen();
            CHECK(fixture.readFile("checkpoints") == notes);
        }
    }
    SUBCASE("a note that is not yet the newest")
    {
        const auto older = fixture.readFile("checkpoint");
        REQUIRE(fixture.mustOpen()->stop());
        const auto newer = fixture.readFile("checkpoint");
        fixture.writeFile("checkpoint", older);
        fixture.mustOpen();
        CHECK(fixture.readFile("checkpoint") == newer);
    }
    SUBCASE("temporary files")
    {
        const auto name = ".new-00000000000000000000000000000000.tmp";
        fixture.writeFile(name, "half");
        fixture.mustOpen();
        CHECK_FALSE(fixture.files.inspect(fixture.folder.path() / "audit" / name));
    }
    CHECK_FALSE(fixture.readFile(last).empty());
    REQUIRE(fixture.mustOpen()->stop());
    fixture.mustVerify();
}
