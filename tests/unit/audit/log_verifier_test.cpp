#include "shared/audit/log_verifier.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/merkle_tree.h"
#include "tests/unit/audit/verdicts.h"

#include <doctest/doctest.h>
#include <vector>

using namespace perennial;
using namespace perennial::audit;
using namespace perennial::test;

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

TEST_CASE(
    "each single changed byte of leaves and notes is found, and the first record in doubt named")
{
    SampleLog log;
    log.addRecords(2);
    log.sign();
    const auto firstNote = log["checkpoints"].size();
    log.addRecords(3);
    log.sign();
    for (const auto* name : {"leaves", "checkpoints", "checkpoint"}) {
        const auto original = log[name];
        for (std::size_t i = 0; i < original.size(); ++i) {
            log[name][i] = static_cast<char>(original[i] ^ 0x04);
            const auto found = mustBeDamaged(log);
            if (name == std::string("leaves")) {
                REQUIRE(found.damage == Damage::ChangedLeaf);
                REQUIRE(found.sequence == static_cast<std::int64_t>(i / hashSize));
            } else {
                const bool first = name == std::string("checkpoints") && i < firstNote;
                REQUIRE_MESSAGE(
                    found.sequence == (first ? 0 : 2), name, " byte ", i, " said: ", found.message);
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
        checkDamage(log, Damage::MissingNote, 0);
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
