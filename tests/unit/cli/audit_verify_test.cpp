#include "controller/audit/audit_log.h"
#include "shared/audit/log_files.h"
#include "shared/base/random.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::controller;
using namespace perennial::test;

namespace {

// A log as a controller writes it, with a copy of its public key elsewhere.
struct WrittenLog {
    WrittenLog()
    {
        auto opened = sql::Database::open(cli.home / "controller.db", {{1, AuditOutbox::schema}});
        REQUIRE(opened);
        database = *std::move(opened);
        settings.folder = cli.home / "audit";
        settings.keyFile = cli.home / "audit-key.pem";
        settings.host = "controller.example.test";
        settings.eventsPerFile = 8;
        REQUIRE(AuditLog::create(files, settings, "controller.example.test/audit"));
        publicKey = cli.home / "kept-key";
        std::filesystem::copy_file(settings.folder / "public-key", publicKey);
        write(10);
    }

    // With the controller's start and stop two more; returns the ids.
    std::vector<std::string> write(int count)
    {
        auto log = AuditLog::open(files, *database, cli.clock, settings);
        REQUIRE_MESSAGE(log, log.error().message);
        std::vector<std::string> ids;
        for (int i = 0; i < count; ++i) {
            model::AuditEvent event;
            event.time = cli.clock.preciseNow();
            event.id = uuidV7(event.time);
            event.kind = "scan.completed";
            event.host = "web1.example.test";
            event.actor = {"agent", "a1", "mtls", "192.0.2.7"};
            ids.push_back(event.id);
            (*log)->note(event);
        }
        REQUIRE((*log)->integrate());
        REQUIRE((*log)->stop());
        return ids;
    }

    CliRun verify(std::vector<std::string> more = {})
    {
        more.insert(
            more.begin(), {"audit", "verify", "--log", settings.folder, "--vkey", publicKey});
        return cli.run(more);
    }

    // Changes one byte of the record with this number.
    void change(std::int64_t sequence)
    {
        const auto first = sequence / settings.eventsPerFile * settings.eventsPerFile;
        const auto file = audit::LogFiles{settings.folder}.segment(first);
        auto text = *files.read(file);
        const auto at = text.find("\"seq\":" + std::to_string(sequence) + ",");
        REQUIRE(at != std::string::npos);
        const auto host = text.rfind("web1.example.test", at);
        REQUIRE(host != std::string::npos);
        text[host + 3] = '2';
        REQUIRE(files.replace(file, text));
    }

    Cli cli;
    PosixFileSystem files;
    std::unique_ptr<sql::Database> database;
    AuditLogSettings settings;
    std::string publicKey;
};

} // namespace

TEST_CASE("a good log: ok, its size and its checkpoints, without any configuration")
{
    WrittenLog log;
    const auto run = log.verify();
    CHECK(run.status == 0);
    CHECK(run.err.empty());
    CHECK(contains(run.out, "ok: 12 events, 12 of them under the newest of "));
    const auto json = Json::parse(log.verify({"--json"}).out);
    REQUIRE(json);
    CHECK(*json->find("ok")->boolean());
    CHECK(*json->find("size")->integer() == 12);
}

TEST_CASE("one changed byte: exit status 1, and the event's number is named")
{
    for (const std::int64_t sequence : {1, 5, 10}) {
        WrittenLog log;
        log.change(sequence);
        const auto run = log.verify();
        CHECK(run.status == 1);
        CHECK(contains(run.out, "bad at seq " + std::to_string(sequence) + ": changed-record"));
        CHECK_FALSE(contains(run.out, "ok"));
        CHECK_FALSE(run.err.empty());
        const auto json = log.verify({"--json"});
        CHECK(json.status == 1);
        const auto verdict = Json::parse(json.out);
        REQUIRE(verdict);
        CHECK_FALSE(*verdict->find("ok")->boolean());
        CHECK(*verdict->find("seq")->integer() == sequence);
    }
}

TEST_CASE("a log that lost its end is found by a checkpoint kept from earlier")
{
    WrittenLog log;
    const auto copy = log.cli.home / "copy";
    std::filesystem::copy(log.settings.folder, copy, std::filesystem::copy_options::recursive);
    log.write(20);
    const auto kept = log.cli.home / "kept-checkpoint";
    std::filesystem::copy_file(log.settings.folder / "checkpoint", kept);
    CHECK(log.verify({"--since", kept}).status == 0);

    log.settings.folder = copy; // an older state, put in the log's place: good by itself
    CHECK(log.verify().status == 0);
    CHECK(log.verify({"--since", kept}).status == 1);
    const auto grown = log.cli.run({"audit", "consistency", "--log", copy, "--since", kept});
    CHECK(grown.status == 1);
    CHECK(contains(grown.err, "lost events"));
}

TEST_CASE("the key of another log verifies nothing")
{
    WrittenLog log;
    const WrittenLog other;
    const auto run =
        log.cli.run({"audit", "verify", "--log", log.settings.folder, "--vkey", other.publicKey});
    CHECK(run.status == 1);
}

TEST_CASE("files that are not there, or are none, are wrong use")
{
    WrittenLog log;
    const auto& folder = log.settings.folder.string();
    CHECK(log.cli.run({"audit", "verify", "--log", folder}).status == 2);
    CHECK(log.cli.run({"audit", "verify", "--log", folder, "--vkey", "/nonexistent"}).status == 2);
    const auto nonsense = log.cli.home.write("nonsense", "no key\n");
    const auto run = log.cli.run({"audit", "verify", "--log", folder, "--vkey", nonsense});
    CHECK(run.status == 2);
    CHECK(contains(run.err, nonsense));
    CHECK(log.verify({"--since", log.cli.home.write("empty", "")}).status == 2);
    const auto absent =
        log.cli.run({"audit", "verify", "--log", "/nonexistent", "--vkey", log.publicKey});
    CHECK(absent.status == 2);
    CHECK(absent.out.empty());
    CHECK(contains(absent.err, "/nonexistent"));
    const auto noLog =
        log.cli.run({"audit", "verify", "--log", log.cli.home.path(), "--vkey", log.publicKey});
    CHECK(noLog.status == 1);
    CHECK(contains(noLog.out, "bad at seq 0: unsigned-log"));
}

TEST_CASE("an event is proved by its id or its number, unless the log was changed")
{
    WrittenLog log;
    const auto ids = log.write(4);
    const auto prove = [&](const std::string& id, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"audit", "prove", id, "--log", log.settings.folder});
        return log.cli.run(more);
    };
    const auto proof = prove(ids[1]);
    REQUIRE(proof.status == 0);
    CHECK(contains(proof.out, "c2sp.org/tlog-proof@v1\nindex 14\n"));
    CHECK(prove("14").out == proof.out);
    const auto json = Json::parse(prove("14", {"--json"}).out);
    REQUIRE(json);
    CHECK(contains(*json->find("record")->string(), ids[1]));
    CHECK(*json->find("proof")->string() == proof.out);
    CHECK(prove("99").status == 1);
    CHECK(prove("no-such-event").status == 1);
    CHECK(prove("14", {"--vkey", WrittenLog().publicKey}).status == 1);
    log.change(14);
    const auto changed = prove("14");
    CHECK(changed.status == 1);
    CHECK(changed.out.empty());
}

TEST_CASE("a log that grew is proved to begin with what was signed before")
{
    WrittenLog log;
    const auto kept = log.cli.home / "kept-checkpoint";
    std::filesystem::copy_file(log.settings.folder / "checkpoint", kept);
    log.write(7);
    const auto run = log.cli.run({"audit", "consistency", "--log", log.settings.folder, "--since",
        kept, "--vkey", log.publicKey});
    CHECK(run.status == 0);
    CHECK(contains(run.out, "ok: the first 12 of 21 events"));
    // Another log, of the same size and key name, does not begin with it.
    const WrittenLog other;
    CHECK(log.cli.run({"audit", "consistency", "--log", other.settings.folder, "--since", kept})
              .status == 1);
    auto leaves = *log.files.read(log.settings.folder / "leaves");
    leaves[3] = static_cast<char>(leaves[3] ^ 1);
    REQUIRE(log.files.replace(log.settings.folder / "leaves", leaves));
    CHECK(log.cli
              .run({"audit", "consistency", "--log", log.settings.folder, "--since", kept, "--vkey",
                  log.publicKey})
              .status == 1);
}
