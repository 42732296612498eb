#include "controller/audit/audit_log.h"
#include "shared/audit/log_files.h"
#include "shared/audit/log_verifier.h"
#include "shared/base/random.h"
#include "tests/support/dying_file_system.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace perennial;
using namespace perennial::controller;
using perennial::test::diesOrEnds;
using perennial::test::DyingFileSystem;
using perennial::test::TemporaryFolder;

namespace {

constexpr int usualRounds = 3;
constexpr int eventsARound = 2;

// One controller that runs, dies and is started again.
class World {
public:
    AuditLogSettings settings() const
    {
        AuditLogSettings settings;
        settings.folder = folder_ / "audit";
        settings.keyFile = folder_ / "key.pem";
        settings.host = "controller.example.test";
        settings.checkpointEvents = 3;
        settings.eventsPerFile = 4; // so that batches go over the end of a file
        return settings;
    }

    Result<std::unique_ptr<sql::Database>> database() const
    {
        return sql::Database::open(folder_ / "controller.db", {{1, AuditOutbox::schema}});
    }

    // What the program does, on the given disk. Content when it ends without having lost anything
    // by itself.
    bool run(FileSystem& files, int rounds) const
    {
        (void)AuditLog::create(files, settings(), "controller.example.test/audit");
        const auto opened = database();
        if (!opened) return false;
        test::FakeClock clock(TimePoint(std::chrono::seconds(1'790'000'000)));
        auto log = AuditLog::open(files, **opened, clock, settings());
        if (!log) return true; // told so; started again later
        for (int round = 0; round < rounds; ++round) {
            if (!addRound(**opened, clock)) return false;
            (void)(*log)->integrate();
            clock.advance(Duration(1));
        }
        (void)(*log)->stop();
        return true;
    }

    std::vector<std::string> committed() const
    {
        std::ifstream file(folder_ / "committed");
        std::vector<std::string> ids;
        for (std::string id; std::getline(file, id);)
            ids.push_back(id);
        return ids;
    }

    std::vector<std::string> logged() const
    {
        const PosixFileSystem files;
        const audit::LogFiles log{folder_ / "audit"};
        const auto segments = audit::listSegments(files, log);
        REQUIRE(segments);
        std::vector<std::string> ids;
        for (const auto first : *segments) {
            audit::LineReader reader(files, log.segment(first));
            for (auto line = reader.line(); line && *line; line = reader.line()) {
                const auto json = Json::parse(**line);
                REQUIRE(json);
                if (*json->find("kind") == Json("scan.completed"))
                    ids.push_back(*json->find("id")->string());
            }
        }
        return ids;
    }

    audit::Verdict verdict() const
    {
        const PosixFileSystem files;
        auto key = *files.read(folder_ / "audit/public-key");
        key.pop_back();
        auto verdict =
            audit::verifyLog(files, folder_ / "audit", *audit::NoteVerifier::fromText(key));
        REQUIRE_MESSAGE(verdict, verdict.error().message);
        return *verdict;
    }

private:
    bool addRound(sql::Database& database, const Clock& clock) const
    {
        std::string ids;
        const auto done = database.transaction([&](sql::Session& session) -> Status {
            for (int i = 0; i < eventsARound; ++i) {
                model::AuditEvent event;
                event.time = clock.preciseNow();
                event.id = uuidV7(event.time);
                event.kind = "scan.completed";
                event.actor = {"agent", "a1", "mtls", ""};
                ids += event.id + '\n';
                if (auto added = AuditOutbox::add(session, event); !added) return added;
            }
            return {};
        });
        if (done) std::ofstream(folder_ / "committed", std::ios::app) << ids << std::flush;
        return done.ok();
    }

    TemporaryFolder folder_{test::memoryFolder()};
};

void checkNothingLostOrRepeated(const World& world)
{
    PosixFileSystem files;
    REQUIRE(world.run(files, 1)); // started again; adds events of its own
    const auto committed = world.committed();
    CHECK(world.logged() == committed);
    const auto verdict = world.verdict();
    if (const auto* damaged = std::get_if<audit::DamagedLog>(&verdict)) FAIL(damaged->message);
    const auto& verified = std::get<audit::VerifiedLog>(verdict);
    CHECK(verified.checkpointSize == verified.size);
    CHECK(verified.unfinished == 0);
    CHECK(verified.restores.empty());
}

} // namespace

TEST_CASE("the audit log loses and repeats nothing, whichever change of the disk it dies at")
{
    int changes = 0;
    {
        const World world;
        PosixFileSystem files;
        DyingFileSystem counting(files);
        REQUIRE(world.run(counting, usualRounds));
        changes = counting.changes();
        CHECK(world.logged().size() == usualRounds * eventsARound);
    }
    REQUIRE(changes > 20);
    for (int change = 1; change <= changes; ++change) {
        for (const auto fault : DyingFileSystem::faultsAt(change)) {
            // Dying before a change leaves what dying after the one before it leaves.
            if (fault == DyingFileSystem::Fault::DieBefore && change > 1) continue;
            CAPTURE(change);
            CAPTURE(static_cast<int>(fault));
            const World world;
            diesOrEnds([&] {
                PosixFileSystem files;
                DyingFileSystem disk(files, {change, fault});
                return world.run(disk, usualRounds);
            });
            checkNothingLostOrRepeated(world);
        }
    }
}

TEST_CASE("dying again while repairing loses nothing either")
{
    for (int first = 9; first <= 17; first += 4) {
        for (int second = 1; second <= 3; ++second) {
            CAPTURE(first);
            CAPTURE(second);
            const World world;
            const auto dieAt = [&](int change) {
                diesOrEnds([&] {
                    PosixFileSystem files;
                    DyingFileSystem disk(files, {change, DyingFileSystem::Fault::DieDuring});
                    return world.run(disk, usualRounds);
                });
            };
            dieAt(first);
            dieAt(second);
            checkNothingLostOrRepeated(world);
        }
    }
}
