#include "shared/audit/log_proofs.h"

#include "shared/audit/merkle_tree.h"
#include "tests/unit/audit/sample_log.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::audit;
using perennial::test::SampleLog;

namespace {

std::string idOf(std::int64_t sequence)
{
    return "0195d7a0-0000-7000-8000-" + std::to_string(100'000'000'000 + sequence);
}

} // namespace

TEST_CASE("an event is found by its id and proved with its record and the public key alone")
{
    SampleLog log;
    log.perSegment = 4;
    log.addRecords(11);
    log.sign();
    log.addRecords(1);
    for (std::int64_t i = 0; i < 11; ++i) {
        const auto sequence = findEvent(log.files, "/log", idOf(i));
        REQUIRE(sequence);
        CHECK(*sequence == i);
        const auto proof = proveRecord(log.files, "/log", i);
        REQUIRE(proof);
        const auto proved = checkRecordProof(*proof, SampleLog::recordFor(i), log.verifier());
        REQUIRE(proved);
        CHECK(*proved == i);
        CHECK(checkRecordProof(*proof, SampleLog::recordFor(i + 1), log.verifier()).error().kind ==
              ErrorKind::PermissionDenied);
    }
    CHECK(*findEvent(log.files, "/log", idOf(11)) == 11);
    CHECK(proveRecord(log.files, "/log", 11).error().kind == ErrorKind::NotFound);
    CHECK(proveRecord(log.files, "/log", -1).error().kind == ErrorKind::NotFound);
    CHECK(findEvent(log.files, "/log", "nobody").error().kind == ErrorKind::NotFound);
    CHECK(findEvent(log.files, "/log", "\"").error().kind == ErrorKind::NotFound);
}

TEST_CASE("an id that an event only speaks of is not that event")
{
    SampleLog log;
    const Json::Object details = {{"id", idOf(1)}};
    log.add(SampleLog::recordFor(0, "scan.completed", details));
    log.addRecords(1);
    CHECK(*findEvent(log.files, "/log", idOf(1)) == 1);
}

TEST_CASE("a changed or malformed proof proves nothing")
{
    SampleLog log;
    log.addRecords(6);
    log.sign();
    const auto record = SampleLog::recordFor(2);
    const auto proof = *proveRecord(log.files, "/log", 2);
    CHECK(proof.rfind("c2sp.org/tlog-proof@v1\nindex 2\n", 0) == 0);
    REQUIRE(checkRecordProof(proof, record, log.verifier()));
    for (std::size_t i = 0; i < proof.size(); ++i) {
        auto changed = proof;
        changed[i] = static_cast<char>(changed[i] ^ 0x02);
        CHECK_MESSAGE(!checkRecordProof(changed, record, log.verifier()), "byte ", i);
        CHECK_FALSE(checkRecordProof(proof.substr(0, i), record, log.verifier()));
    }
    const auto rest = proof.substr(proof.find("\nindex") + 1);
    CHECK_FALSE(
        checkRecordProof("c2sp.org/tlog-proof@v1\nextra AAAA\n" + rest, record, log.verifier()));
    CHECK_FALSE(checkRecordProof(std::string(1U << 20U, 'a'), record, log.verifier()));
    std::string hashes;
    for (int i = 0; i < 100; ++i)
        hashes += toBase64(leafHash("x")) + "\n";
    CHECK_FALSE(checkRecordProof(
        "c2sp.org/tlog-proof@v1\nindex 2\n" + hashes + "\n" + log.note(), record, log.verifier()));
}

TEST_CASE("consistency of two sizes is proved from the folder")
{
    SampleLog log;
    log.addRecords(9);
    const auto proof = proveConsistency(log.files, "/log", 5, 9);
    REQUIRE(proof);
    CHECK(provesConsistency(
        *proof, 5, rootOf(log["leaves"].substr(0, 5 * hashSize)), 9, rootOf(log["leaves"])));
    CHECK(proveConsistency(log.files, "/log", 5, 10).error().kind == ErrorKind::Corrupt);
    CHECK(proveConsistency(log.files, "/log", 9, 5).error().kind == ErrorKind::InvalidInput);
}
