#include "controller/audit/audit_log.h"

#include "tests/support/dying_file_system.h"
#include "tests/unit/controller_audit/audit_fixture.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::controller;
using perennial::test::AuditFixture;
using perennial::test::DyingFileSystem;
using perennial::test::memberOf;

namespace {

std::vector<std::string> kindsOf(const std::vector<std::string>& records)
{
    std::vector<std::string> kinds;
    for (const auto& record : records)
        kinds.push_back(memberOf(record, "kind"));
    return kinds;
}

// Passes everything on; the next write transaction fails.
class BusyDatabase final : public sql::Database {
public:
    explicit BusyDatabase(sql::Database& database) : database_(database) {}
    Status transaction(const std::function<Status(sql::Session&)>& work) override
    {
        if (std::exchange(busy, false)) return Error{ErrorKind::Conflict, "busy"};
        return database_.transaction(work);
    }
    Status read(const std::function<Status(sql::Session&)>& work) override
    {
        return database_.read(work);
    }
    Status backup(const std::string& toFile) override { return database_.backup(toFile); }
    Status checkIntegrity() override { return database_.checkIntegrity(); }

    bool busy = false;

private:
    sql::Database& database_;
};

} // namespace

TEST_CASE("events go from the outbox into the log in order, numbered without a gap, and once")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    std::vector<std::string> ids = fixture.addMany(3);
    CHECK(fixture.waiting() == 3);
    REQUIRE(log->integrate());
    CHECK(fixture.waiting() == 0);
    for (const auto& id : fixture.addMany(17))
        ids.push_back(id);
    REQUIRE(log->integrate());
    REQUIRE(log->integrate());
    REQUIRE(log->stop());

    const auto records = fixture.lines();
    REQUIRE(records.size() == 22);
    CHECK(log->size() == 22);
    CHECK(memberOf(records.front(), "kind") == "audit.started");
    CHECK(memberOf(records.back(), "kind") == "audit.stopped");
    for (std::size_t i = 0; i < records.size(); ++i) {
        CHECK(memberOf(records[i], "seq") == std::to_string(i));
        CHECK(memberOf(records[i], "recorded_time") == toRfc3339(fixture.clock.preciseNow()));
        if (i >= 1 && i <= ids.size()) CHECK(memberOf(records[i], "id") == ids[i - 1]);
    }
    const auto verified = fixture.mustVerify();
    CHECK(verified.size == 22);
    CHECK(verified.checkpointSize == 22);
}

TEST_CASE("an event is there exactly when the change is that it tells of")
{
    AuditFixture fixture;
    const auto undone = fixture.database->transaction([&](sql::Session& session) -> Status {
        REQUIRE(AuditOutbox::add(session, fixture.event()));
        return Error{ErrorKind::Conflict, "the change was not made"};
    });
    CHECK_FALSE(undone);
    CHECK(fixture.waiting() == 0);

    auto wrong = fixture.event("made.up");
    const auto refused = fixture.database->transaction(
        [&](sql::Session& session) { return AuditOutbox::add(session, wrong); });
    CHECK(refused.error().kind == ErrorKind::InvalidInput);
}

TEST_CASE("late events keep their own time and get the next number")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    auto late = fixture.event();
    fixture.clock.advance(std::chrono::days(10));
    REQUIRE(fixture.database->transaction(
        [&](sql::Session& session) { return AuditOutbox::add(session, late); }));
    REQUIRE(log->integrate());
    const auto record = fixture.lines().at(1);
    CHECK(memberOf(record, "time") == toRfc3339(late.time));
    CHECK(memberOf(record, "recorded_time") == toRfc3339(fixture.clock.preciseNow()));
    CHECK(memberOf(record, "seq") == "1");
}

TEST_CASE("a checkpoint follows a minute after something new, and not when nothing is")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    CHECK(log->checkpointSize() == 0);
    fixture.clock.advance(Duration(59));
    REQUIRE(log->integrate());
    CHECK(log->checkpointSize() == 0);
    fixture.clock.advance(Duration(1));
    REQUIRE(log->integrate());
    CHECK(log->checkpointSize() == 1); // audit.started
    CHECK(
        kindsOf(fixture.lines()) == std::vector<std::string>{"audit.started", "audit.checkpoint"});
    for (int minute = 0; minute < 10; ++minute) {
        fixture.clock.advance(Duration(60));
        REQUIRE(log->integrate());
    }
    CHECK(log->size() == 2);

    fixture.add();
    REQUIRE(log->integrate());
    fixture.clock.advance(Duration(30));
    fixture.add();
    REQUIRE(log->integrate());
    CHECK(log->checkpointSize() == 1);
    fixture.clock.advance(Duration(30)); // of the first of the two
    REQUIRE(log->integrate());
    CHECK(log->checkpointSize() == 4);
    const auto last = Json::parse(fixture.lines().back());
    REQUIRE(last);
    const Json* details = last->find("details");
    REQUIRE(details != nullptr);
    CHECK(*details->find("checkpoint") == Json(log->checkpoint()));
    CHECK(*details->find("size") == Json(4));
    CHECK(fixture.mustVerify().checkpoints == 3);
}

TEST_CASE("a checkpoint follows at the latest after the set number of events")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    fixture.addMany(350);
    REQUIRE(log->integrate());
    std::int64_t since = 0;
    for (const auto& kind : kindsOf(fixture.lines())) {
        since = kind == "audit.checkpoint" ? 0 : since + 1;
        CHECK(since <= 100);
    }
    CHECK(fixture.mustVerify().checkpoints == 4); // of nothing, then 100, 200 and 300 events later
}

TEST_CASE("somebody setting the clock is an event, and numbers go on")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    REQUIRE(log->integrate());
    fixture.clock.advance(Duration(30));
    REQUIRE(log->integrate());
    CHECK(log->size() == 1); // time passing is no event
    fixture.add();
    fixture.clock.set(-std::chrono::hours(1));
    REQUIRE(log->integrate());
    fixture.add();
    fixture.clock.set(std::chrono::hours(2));
    REQUIRE(log->integrate());
    fixture.clock.set(std::chrono::milliseconds(900)); // a correction
    REQUIRE(log->integrate());
    std::vector<std::string> steps;
    for (const auto& record : fixture.lines()) {
        const auto json = Json::parse(record);
        if (*json->find("kind") == Json("audit.clock_step"))
            steps.push_back(json->find("details")->find("milliseconds")->canonical());
    }
    CHECK(steps == std::vector<std::string>{"-3600000", "7200000"});
    REQUIRE(log->stop());
    CHECK(fixture.mustVerify().size == 6);
}

TEST_CASE("starts say whether the run before came to its end")
{
    AuditFixture fixture;
    const auto startedAfter = [&] {
        std::string details;
        for (const auto& record : fixture.lines()) {
            if (memberOf(record, "kind") == "audit.started") details = memberOf(record, "details");
        }
        return *Json::parse(details)->find("stopped_before")->boolean();
    };
    fixture.mustOpen();
    CHECK(startedAfter()); // there was nothing before
    REQUIRE(fixture.mustOpen()->stop());
    CHECK_FALSE(startedAfter());
    fixture.mustOpen();
    CHECK(startedAfter());
}

TEST_CASE("one log has one writer")
{
    AuditFixture fixture;
    const auto log = fixture.mustOpen();
    CHECK(fixture.open().error().kind == ErrorKind::Conflict);
}

TEST_CASE("a log is made once")
{
    AuditFixture fixture;
    CHECK(AuditLog::create(fixture.files, fixture.settings(), "other").error().kind ==
          ErrorKind::Conflict);
    // Nor over records whose public key somebody removed.
    REQUIRE(fixture.mustOpen()->stop());
    REQUIRE(fixture.files.remove(fixture.folder / "audit/public-key"));
    CHECK(AuditLog::create(fixture.files, fixture.settings(), "other").error().kind ==
          ErrorKind::Conflict);
    CHECK_FALSE(fixture.open());
}

TEST_CASE("the key is for its owner alone and must be the log's own")
{
    AuditFixture fixture;
    CHECK(fixture.files.inspect(fixture.folder / "audit-key.pem")->mode == 0600);
    const auto other = x509::PrivateKey::generateEd25519();
    const Secret pem = other->toPem();
    REQUIRE(fixture.files.replace(fixture.folder / "audit-key.pem", pem.reveal()));
    const auto opened = fixture.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::Corrupt);
    CHECK(opened.error().message.find("PRIVATE") == std::string::npos);
}

TEST_CASE("a full disk stops nothing but the log, which then catches up")
{
    AuditFixture fixture;
    auto ids = fixture.addMany(20);
    // A run that fails, at each change in turn.
    for (int change = 1; change < 40; ++change) {
        DyingFileSystem disk(fixture.files, {change, DyingFileSystem::Fault::Fail});
        auto log = AuditLog::open(disk, *fixture.database, fixture.clock, fixture.settings());
        if (!log) continue;
        fixture.clock.advance(Duration(61));
        const auto done = (*log)->integrate();
        CHECK((*log)->health().ok() == done.ok());
        ids.push_back(fixture.add());
        if (!(*log)->integrate()) REQUIRE((*log)->integrate());
        CHECK((*log)->health());
    }
    auto log = fixture.mustOpen();
    REQUIRE(log->stop());
    fixture.mustVerify();
    std::vector<std::string> written;
    for (const auto& record : fixture.lines()) {
        if (memberOf(record, "kind") == "scan.completed") written.push_back(memberOf(record, "id"));
    }
    CHECK(written == ids);
    CHECK(fixture.waiting() == 0);
}

TEST_CASE("events that are in the log but could not be taken off the outbox are not written again")
{
    AuditFixture fixture;
    BusyDatabase database(*fixture.database);
    auto log = AuditLog::open(fixture.files, database, fixture.clock, fixture.settings());
    REQUIRE(log);
    fixture.addMany(3);
    database.busy = true;
    CHECK((*log)->integrate().error().kind == ErrorKind::Conflict);
    CHECK((*log)->size() == 4);
    CHECK(fixture.waiting() == 3);
    SUBCASE("in the same run")
    {
        fixture.addMany(2);
        REQUIRE((*log)->integrate());
        CHECK((*log)->size() == 6);
    }
    SUBCASE("nor in the next one")
    {
        log = Error{ErrorKind::Internal, "gone"};
        fixture.addMany(2);
        auto next = fixture.mustOpen();
        REQUIRE(next->integrate());
        CHECK(next->size() == 7); // and another audit.started
    }
    CHECK(fixture.waiting() == 0);
}

TEST_CASE("what the log tells of itself needs no transaction")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    log->note(fixture.event("audit.sink_failed"));
    CHECK(log->size() == 1);
    REQUIRE(log->integrate());
    CHECK(kindsOf(fixture.lines()).back() == "audit.sink_failed");
    REQUIRE(log->integrate());
    CHECK(log->size() == 2);
}

TEST_CASE("damage in the middle is told, not served")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    fixture.addMany(30);
    REQUIRE(log->integrate());
    auto segment = fixture.readFile("events-000000000008.jsonl");
    segment[segment.find("web1")] = 'v';
    fixture.writeFile("events-000000000008.jsonl", segment);

    const auto before = log->read(0, 1000);
    REQUIRE(before);
    CHECK(before->size() == 8);
    const auto damaged = log->read(8, 10);
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().kind == ErrorKind::Corrupt);
    CHECK(damaged.error().message.find(" 8 ") != std::string::npos);
    CHECK(log->read(9, 100)->size() == 22);
    const auto size = log->size();
    REQUIRE(log->integrate());
    CHECK(log->size() == size + 1); // told once
    CHECK(kindsOf(fixture.lines()).back() == "audit.verify_failed");
    const auto judged = fixture.verdict();
    REQUIRE(judged);
    CHECK(std::get<audit::DamagedLog>(*judged).sequence == 8);
}

TEST_CASE("secrets that are derived from the key differ by purpose and stay the same")
{
    AuditFixture fixture;
    Bytes before;
    {
        const auto log = fixture.mustOpen();
        before = log->secretFor("feed");
        CHECK(before.size() == 32);
        CHECK(log->secretFor("other") != before);
    }
    CHECK(fixture.mustOpen()->secretFor("feed") == before);
}
