#include "shared/audit/log_verifier.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/merkle_tree.h"
#include "tests/unit/audit/sample_log.h"

#include <doctest/doctest.h>
#include <vector>

using namespace perennial;
using namespace perennial::audit;
using perennial::test::SampleLog;

namespace {

Verdict verdictOn(SampleLog& log, const std::string& since = {})
{
    auto verdict = verifyLog(log.files, "/log", log.verifier(), since);
    REQUIRE_MESSAGE(verdict, verdict.error().message);
    return *verdict;
}

VerifiedLog mustBeWhole(SampleLog& log, const std::string& since = {})
{
    const auto verdict = verdictOn(log, since);
    if (const auto* damaged = std::get_if<DamagedLog>(&verdict)) FAIL(damaged->message);
    return std::get<VerifiedLog>(verdict);
}

DamagedLog mustBeDamaged(SampleLog& log, const std::string& since = {})
{
    const auto verdict = verdictOn(log, since);
    REQUIRE(std::holds_alternative<DamagedLog>(verdict));
    return std::get<DamagedLog>(verdict);
}

void checkDamage(SampleLog& log, Damage damage, std::optional<std::int64_t> sequence)
{
    const auto found = mustBeDamaged(log);
    CHECK_MESSAGE(found.damage == damage, nameOf(found.damage), ": ", found.message);
    CHECK(found.sequence == sequence);
}

const std::string firstSegment = "events-000000000000.jsonl";

std::vector<std::string> linesOf(const std::string& text)
{
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        lines.push_back(text.substr(begin, end + 1 - begin));
        begin = end + 1;
    }
    return lines;
}

std::string joined(const std::vector<std::string>& lines)
{
    std::string text;
    for (const auto& line : lines)
        text += line;
    return text;
}

} // namespace

TEST_CASE("a log as it should be is verified, empty, small and in several files")
{
    SampleLog log;
    CHECK(mustBeWhole(log).size == 0);
    log.perSegment = 4;
    log.addRecords(3);
    log.sign();
    log.addRecords(8);
    log.sign();
    log.addRecords(1); // not yet signed
    const auto verified = mustBeWhole(log);
    CHECK(verified.size == 12);
    CHECK(verified.checkpointSize == 11);
    CHECK(verified.checkpoints == 3);
    CHECK(verified.unfinished == 0);
    CHECK(verified.restores.empty());
    CHECK(log.files.content.size() == 6); // three segments, leaves, checkpoints, checkpoint
}

TEST_CASE("each single changed byte of each events file is found, and the record named")
{
    SampleLog log;
    log.perSegment = 3;
    log.addRecords(7);
    log.sign();
    mustBeWhole(log);
    std::int64_t first = 0;
    for (const auto* name :
        {"events-000000000000.jsonl", "events-000000000003.jsonl", "events-000000000006.jsonl"}) {
        const auto original = log[name];
        auto sequence = first;
        for (std::size_t i = 0; i < original.size(); ++i) {
            for (const int flip : {0x01, 0x80, original[i] ^ '\n'}) {
                if (flip == 0) continue;
                log[name][i] = static_cast<char>(original[i] ^ flip);
                const auto found = mustBeDamaged(log);
                REQUIRE_MESSAGE(found.sequence == sequence, name, " byte ", i, " xor ", flip,
                    " said: ", found.message);
                log[name][i] = original[i];
            }
            if (original[i] == '\n') ++sequence;
        }
        first = sequence;
    }
    mustBeWhole(log);
}

TEST_CASE("each single changed byte of leaves and notes is found")
{
    SampleLog log;
    log.addRecords(5);
    log.sign();
    for (const auto* name : {"leaves", "checkpoints", "checkpoint"}) {
        const auto original = log[name];
        for (std::size_t i = 0; i < original.size(); ++i) {
            log[name][i] = static_cast<char>(original[i] ^ 0x04);
            const auto found = mustBeDamaged(log);
            if (name == std::string("leaves")) {
                REQUIRE(found.damage == Damage::ChangedLeaf);
                REQUIRE(found.sequence == static_cast<std::int64_t>(i / hashSize));
            }
            log[name][i] = original[i];
        }
    }
    mustBeWhole(log);
}

TEST_CASE("cut at any byte, each file is found out")
{
    SampleLog log;
    log.addRecords(3);
    log.sign();
    log.addRecords(3);
    log.sign();
    for (const auto* name : {"events-000000000000.jsonl", "leaves", "checkpoints", "checkpoint"}) {
        const auto original = log[name];
        for (std::size_t length = 0; length < original.size(); ++length) {
            log[name] = original.substr(0, length);
            mustBeDamaged(log);
        }
        log.files.content.erase(std::string("/log/") + name);
        mustBeDamaged(log);
        log[name] = original;
    }
    mustBeWhole(log);
}

TEST_CASE(
    "records taken out, put in, repeated and exchanged are found, with and without their leaves")
{
    SampleLog log;
    log.addRecords(9);
    log.sign();
    const auto records = linesOf(log[firstSegment]);
    const auto leaves = log["leaves"];
    for (const bool leavesToo : {false, true}) {
        CAPTURE(leavesToo);
        for (std::size_t i = 0; i < records.size(); ++i) {
            const auto place = static_cast<std::ptrdiff_t>(i);
            const auto at = static_cast<std::int64_t>(i);
            const bool last = i + 1 == records.size();

            auto fewer = records;
            fewer.erase(fewer.begin() + place);
            log[firstSegment] = joined(fewer);
            if (leavesToo) log["leaves"].erase(i * hashSize, hashSize);
            checkDamage(log, last && leavesToo ? Damage::TruncatedLog : Damage::MissingRecord, at);
            log["leaves"] = leaves;

            auto more = records;
            const auto forged = SampleLog::recordFor(at, "certificate.issued");
            more.insert(more.begin() + place, forged + '\n');
            log[firstSegment] = joined(more);
            if (leavesToo) log["leaves"].insert(i * hashSize, leafHash(forged));
            // The last place is also where the signed size is reached: all of it is in doubt.
            const auto named = last ? 0 : at + 1;
            CHECK(mustBeDamaged(log).sequence == (leavesToo ? named : at));
            log["leaves"] = leaves;

            if (last) continue;
            auto swapped = records;
            std::swap(swapped[i], swapped[i + 1]);
            log[firstSegment] = joined(swapped);
            if (leavesToo) {
                log["leaves"].replace(i * hashSize, 2 * hashSize,
                    leaves.substr((i + 1) * hashSize, hashSize) +
                        leaves.substr(i * hashSize, hashSize));
            }
            checkDamage(log, Damage::MissingRecord, at);
            log["leaves"] = leaves;
        }
    }
}

TEST_CASE("a record rewritten together with its leaf contradicts the signed root")
{
    SampleLog log;
    log.addRecords(4);
    log.sign();
    log.addRecords(4);
    log.sign();
    auto records = linesOf(log[firstSegment]);
    const auto forged = SampleLog::recordFor(6, "certificate.issued");
    records[6] = forged + '\n';
    log[firstSegment] = joined(records);
    log["leaves"].replace(6 * hashSize, hashSize, leafHash(forged));
    checkDamage(log, Damage::ContradictedCheckpoint, 4); // 4 to 7 are in doubt
}

TEST_CASE("a removed segment is found, wherever it was")
{
    for (const std::int64_t removed : {0, 3, 6}) {
        SampleLog log;
        log.perSegment = 3;
        log.addRecords(8);
        log.sign();
        log.files.content.erase("/log/events-00000000000" + std::to_string(removed) + ".jsonl");
        checkDamage(log, Damage::MissingRecord, removed);
    }
}

TEST_CASE("a tail cut off together with its leaves is found by the checkpoint that covered it")
{
    SampleLog log;
    log.addRecords(4);
    log.sign();
    const auto events = log[firstSegment];
    const auto leaves = log["leaves"];
    log.addRecords(3);
    log.sign();
    const auto newest = log.note();
    log[firstSegment] = events;
    log["leaves"] = leaves;
    checkDamage(log, Damage::TruncatedLog, 4);

    SUBCASE("or by the file checkpoint, when it is taken off the list too")
    {
        log["checkpoints"].resize(log["checkpoints"].size() - newest.size());
        checkDamage(log, Damage::MissingNote, std::nullopt);
    }
    SUBCASE("or by a checkpoint that the auditor kept, when all of it is set back")
    {
        log["checkpoints"].resize(log["checkpoints"].size() - newest.size());
        log["checkpoint"] = log.note();
        // The sample's own count went on; sign what is there.
        log["checkpoint"] =
            signCheckpoint({log.verifier().name(), 4, rootOf(leaves)}, log.signer());
        CHECK(mustBeWhole(log).size == 4);
        const auto found = mustBeDamaged(log, newest);
        CHECK(found.damage == Damage::TruncatedLog);
        CHECK(found.sequence == 4);
    }
}

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
    checkDamage(log, Damage::WrongSignature, std::nullopt);
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
        checkDamage(log, Damage::WrongOrigin, std::nullopt);
    }
    SUBCASE("not a checkpoint")
    {
        log.sign(log.signer().sign("I owe you nothing\n"));
        checkDamage(log, Damage::MalformedNote, std::nullopt);
    }
    SUBCASE("garbage")
    {
        log["checkpoints"] += "garbage";
        checkDamage(log, Damage::MalformedNote, std::nullopt);
    }
    SUBCASE("a note that never ends")
    {
        log["checkpoints"] += std::string(200U << 10U, '\n');
        checkDamage(log, Damage::MalformedNote, std::nullopt);
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
        checkDamage(log, Damage::MissingNote, std::nullopt);
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
