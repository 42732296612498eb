#include "tests/unit/audit/verdicts.h"

#include <doctest/doctest.h>

using namespace perennial::audit;

namespace perennial::test {

Verdict verdictOn(SampleLog& log, const std::string& since)
{
    auto verdict = verifyLog(log.files, "/log", log.verifier(), since);
    REQUIRE_MESSAGE(verdict, verdict.error().message);
    return *verdict;
}

VerifiedLog mustBeWhole(SampleLog& log, const std::string& since)
{
    const auto verdict = verdictOn(log, since);
    if (const auto* damaged = std::get_if<DamagedLog>(&verdict)) FAIL(damaged->message);
    return std::get<VerifiedLog>(verdict);
}

DamagedLog mustBeDamaged(SampleLog& log, const std::string& since)
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

} // namespace perennial::test
