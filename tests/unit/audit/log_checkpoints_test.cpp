#include "shared/audit/log_verifier.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/merkle_tree.h"
#include "tests/unit/audit/verdicts.h"

#include <doctest/doctest.h>
#include <vector>

using namespace perennial;
using namespace perennial::audit;
using namespace perennial::test;

TEST_CASE("a kept checkpoint is compared with the log")
{
    SampleLog log;
    log.addRecords(5);
    log.sign();
    const auto kept = log.note();
    log.addRecords(5);
    log.sign();
    CHECK(mustBeWhole(log, kept).size == 10);
    const auto other =
        signCheckpoint({log.verifier().name(), 5, leafHash("another history")}, log.signer());
    CHECK(mustBeDamaged(log, other).damage == Damage::ForkedCheckpoints);
    const auto between =
        signCheckpoint({log.verifier().name(), 7, leafHash("another history")}, log.signer());
    CHECK(mustBeDamaged(log, between).damage == Damage::ContradictedCheckpoint);
    CHECK(mustBeDamaged(log, "no note").damage == Damage::MalformedNote);
}

TEST_CASE("a log rewritten and signed with another key is refused")
{
    SampleLog log;
    log.addRecords(3);
    log.sign();
    SampleLog rewritten;
    rewritten.addRecords(3);
    rewritten.sign();
    log.files.content = rewritten.files.content;
    checkDamage(log, Damage::WrongSignature, 0);
}

TEST_CASE("two signed checkpoints of one size with different roots are a fork")
{
    SampleLog log;
    log.addRecords(3);
    log.sign();
    log.addRecords(2);
    log.sign(signCheckpoint({log.verifier().name(), 3, leafHash("other")}, log.signer()));
    log.sign();
    checkDamage(log, Damage::ForkedCheckpoints, 0);
}

TEST_CASE("notes of another log, unsigned logs and garbage among the notes are refused")
{
    SampleLog log;
    log.addRecords(2);
    SUBCASE("another origin under the right key")
    {
        log.sign(signCheckpoint({"other.example.test/audit", 2, leafHash("x")}, log.signer()));
        checkDamage(log, Damage::WrongOrigin, 0);
    }
    SUBCASE("not a checkpoint")
    {
        log.sign(log.signer().sign("I owe you nothing\n"));
        checkDamage(log, Damage::MalformedNote, 0);
    }
    SUBCASE("garbage")
    {
        log["checkpoints"] += "garbage";
        checkDamage(log, Damage::MalformedNote, 0);
    }
    SUBCASE("a note that never ends")
    {
        log["checkpoints"] += std::string(200U << 10U, '\n');
        checkDamage(log, Damage::MalformedNote, 0);
    }
    SUBCASE("no checkpoint")
    {
        log["checkpoints"] = "";
        checkDamage(log, Damage::UnsignedLog, 0);
    }
    SUBCASE("an old note as the newest")
    {
        const auto first = log["checkpoint"];
        log.sign();
        log.addRecords(1);
        log.sign();
        log["checkpoint"] = first;
        checkDamage(log, Damage::MissingNote, 2);
    }
}

TEST_CASE("records that differ from what they say are refused even when they are signed")
{
    SampleLog log;
    log.addRecords(2);
    SUBCASE("number 3 in the place of 2")
    {
        log.add(SampleLog::recordFor(3));
        log.sign();
        checkDamage(log, Damage::MissingRecord, 2);
    }
    SUBCASE("number 1 again")
    {
        log.add(SampleLog::recordFor(1));
        log.sign();
        checkDamage(log, Damage::InsertedRecord, 2);
    }
    SUBCASE("no JSON")
    {
        log.add("hello");
        log.sign();
        checkDamage(log, Damage::ChangedRecord, 2);
    }
    SUBCASE("not canonical")
    {
        log.add(" " + SampleLog::recordFor(2));
        log.sign();
        checkDamage(log, Damage::ChangedRecord, 2);
    }
    SUBCASE("a line without end")
    {
        log.add(std::string(300U << 10U, 'x'));
        log.sign();
        checkDamage(log, Damage::ChangedRecord, 2);
    }
}

TEST_CASE("what the writer is writing at this moment is no damage")
{
    SampleLog log;
    log.addRecords(3);
    log.sign();
    log.addRecords(2);
    const auto leaves = log["leaves"];
    log["leaves"].resize(leaves.size() - hashSize - 7); // records go first, then leaves
    auto verified = mustBeWhole(log);
    CHECK(verified.size == 3);
    CHECK(verified.unfinished == 2);
    log["leaves"] = leaves;
    log[firstSegment] += R"({"actor":)";
    verified = mustBeWhole(log);
    CHECK(verified.size == 5);
    CHECK(verified.unfinished == 1);
    // The list of notes is one ahead of the newest note while a checkpoint is written.
    log["checkpoints"] += log.note();
    CHECK_FALSE(std::holds_alternative<DamagedLog>(verdictOn(log)));
}

namespace {

// 10 records, signed at 4, 6, 9 and 10; then set back to 6 of them and gone on, as after a restore.
void restore(SampleLog& log, bool acknowledged)
{
    log.addRecords(4);
    log.sign();
    log.addRecords(2);
    log.sign();
    const auto events = log[firstSegment];
    const auto leaves = log["leaves"];
    log.addRecords(3);
    const auto nine = log.note();
    log.addRecords(1);
    const auto ten = log.note();
    log[firstSegment] = events;
    log["leaves"] = leaves;
    log.sign(nine);
    log.sign(ten);
    const Json::Object details = {{"log_size", 6}, {"checkpoint_size", 10}};
    log.setBack(6);
    if (acknowledged) log.add(SampleLog::recordFor(6, "admin.restored", details));
    log.addRecords(2, "slot.unmanaged");
}

} // namespace

TEST_CASE("a restore from a backup is damage, unless a signed record acknowledges it")
{
    SampleLog log;
    SUBCASE("not acknowledged")
    {
        restore(log, false);
        log.sign();
        CHECK(mustBeDamaged(log).damage == Damage::TruncatedLog);
        log.addRecords(3);
        log.sign();
        checkDamage(log, Damage::ContradictedCheckpoint, 8);
    }
    SUBCASE("acknowledged")
    {
        restore(log, true);
        // Without a new signature over it anybody could have written the acknowledgement.
        checkDamage(log, Damage::TruncatedLog, 9);
        log.sign();
        auto verified = mustBeWhole(log);
        REQUIRE(verified.restores.size() == 1);
        CHECK(verified.restores[0].sequence == 6);
        CHECK(verified.restores[0].lostFrom == 6);
        CHECK(verified.restores[0].lostTo == 10);
        log.addRecords(5);
        log.sign();
        CHECK(mustBeWhole(log).size == 14);
    }
    SUBCASE("an old note repeated at the end of the list does not sign the acknowledgement")
    {
        restore(log, true);
        for (const std::uint64_t size : {std::uint64_t{4}, std::uint64_t{6}}) {
            const auto notes = log["checkpoints"];
            const auto newest = log["checkpoint"];
            log.sign(signCheckpoint(
                {log.verifier().name(), size, rootOf(log["leaves"].substr(0, size * hashSize))},
                log.signer()));
            checkDamage(log, Damage::TruncatedLog, 9);
            log["checkpoints"] = notes;
            log["checkpoint"] = newest;
        }
    }
}
