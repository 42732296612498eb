#include "tests/unit/audit/sample_log.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/log_files.h"
#include "shared/audit/merkle_tree.h"

#include <doctest/doctest.h>

namespace perennial::test {

namespace {

audit::NoteSigner makeSigner(const std::string& origin)
{
    auto key = x509::PrivateKey::generateEd25519();
    REQUIRE(key);
    auto signer = audit::NoteSigner::make(origin, std::move(*key));
    REQUIRE(signer);
    return std::move(*signer);
}

} // namespace

SampleLog::SampleLog(const std::string& origin) : signer_(makeSigner(origin))
{
    sign(); // of nothing
}

std::string SampleLog::recordFor(
    std::int64_t sequence, const std::string& kind, const Json::Object& details)
{
    Json event;
    event["id"] = "0195d7a0-0000-7000-8000-" + std::to_string(100'000'000'000 + sequence);
    event["kind"] = kind;
    event["outcome"] = "success";
    event["details"] = details;
    const auto recorded =
        PreciseTime(std::chrono::milliseconds(1'790'000'000'000 + 1000 * sequence));
    return audit::makeRecord(event, sequence, recorded);
}

void SampleLog::add(const std::string& record)
{
    const auto first = size_ / perSegment * perSegment;
    files.content[audit::LogFiles{"/log"}.segment(first).string()] += record + '\n';
    (*this)["leaves"] += audit::leafHash(record);
    ++size_;
}

void SampleLog::addRecords(int count, const std::string& kind)
{
    for (int i = 0; i < count; ++i)
        add(recordFor(size_, kind));
}

std::string SampleLog::note() const
{
    const auto leaves = files.content.find("/log/leaves");
    const auto root = audit::rootOf(leaves == files.content.end() ? "" : leaves->second);
    return audit::signCheckpoint(
        {signer_.verifier().name(), static_cast<std::uint64_t>(size_), root}, signer_);
}

void SampleLog::sign(const std::string& note)
{
    (*this)["checkpoints"] += note;
    (*this)["checkpoint"] = note;
}

} // namespace perennial::test
