#pragma once

#include "shared/audit/log_verifier.h"
#include "tests/unit/audit/sample_log.h"

#include <optional>
#include <string>
#include <vector>

// What tests of the verifier say of a sample log.
namespace perennial::test {

audit::Verdict verdictOn(SampleLog& log, const std::string& since = {});
audit::VerifiedLog mustBeWhole(SampleLog& log, const std::string& since = {});
audit::DamagedLog mustBeDamaged(SampleLog& log, const std::string& since = {});
void checkDamage(SampleLog& log, audit::Damage damage, std::optional<std::int64_t> sequence);

inline const std::string firstSegment = "events-000000000000.jsonl";
std::vector<std::string> linesOf(const std::string& text); // each with its newline
std::string joined(const std::vector<std::string>& lines);

} // namespace perennial::test
