#include "shared/audit/log_copy.h"

#include "tests/unit/controller_audit/audit_fixture.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

using namespace perennial;
using namespace perennial::controller;
using perennial::test::AuditFixture;

TEST_CASE("a log copied again and again while it is written is a whole log each time")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    fixture.addMany(300);
    REQUIRE(log->integrate());
    std::atomic<bool> stop{false};
    std::atomic<bool> failed{false};
    std::jthread writer([&] {
        for (int round = 0; round < 300 && !stop; ++round) {
            log->note(fixture.event());
            fixture.clock.advance(Duration(61)); // a checkpoint each time
            failed = failed || !log->integrate();
        }
    });
    const auto key = *audit::NoteVerifier::fromText(log->publicKey());
    for (int copy = 0; copy < 12; ++copy) {
        const auto folder = fixture.folder.path() / ("copy-" + std::to_string(copy));
        REQUIRE(audit::copyLog(fixture.files, fixture.folder / "audit", folder));
        const auto verdict = audit::verifyLog(fixture.files, folder, key);
        REQUIRE(verdict);
        const auto* damaged = std::get_if<audit::DamagedLog>(&*verdict);
        CHECK_MESSAGE(damaged == nullptr, (damaged == nullptr ? "" : damaged->message));
    }
    stop = true;
    writer.join();
    CHECK_FALSE(failed);
    log.reset();

    // The last copy is one with which a controller can go on.
    auto settings = fixture.settings();
    settings.folder = fixture.folder.path() / "copy-11";
    const auto database = test::openAuditDatabase(fixture.folder / "other.db");
    const auto opened = AuditLog::open(fixture.files, *database, fixture.clock, settings);
    REQUIRE_MESSAGE(opened, opened.error().message);
    REQUIRE((*opened)->stop());
}

TEST_CASE("a log is not copied into a folder that holds something")
{
    AuditFixture fixture;
    REQUIRE(fixture.files.makeFolder(fixture.folder / "copy"));
    REQUIRE(fixture.files.replace(fixture.folder / "copy/leaves", "x"));
    CHECK(audit::copyLog(fixture.files, fixture.folder / "audit", fixture.folder / "copy")
              .error()
              .kind == ErrorKind::Conflict);
}
