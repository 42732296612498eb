#include "controller/policy_source/allowed_signers.h"

#include <algorithm>
#include <optional>
#include <sstream>

namespace perennial::controller {

namespace {

constexpr std::string_view option = "valid-before=";

char lowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS at the beginning of the text.
std::optional<TimePoint> timeAt(std::string_view text)
{
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits != 8 && digits != 12 && digits != 14) return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t count) {
        int value = 0;
        for (std::size_t i = at; i < at + count && i < digits; ++i)
            value = value * 10 + (text[i] - '0');
        return value;
    };
    const std::chrono::year_month_day first(std::chrono::year(number(0, 4)),
        std::chrono::month(static_cast<unsigned>(number(4, 2))), std::chrono::day(1));
    if (!first.ok()) return std::nullopt;
    return std::chrono::sys_days(first) + std::chrono::days(number(6, 2) - 1) +
           std::chrono::hours(number(8, 2)) + std::chrono::minutes(number(10, 2)) +
           std::chrono::seconds(number(12, 2));
}

// Looks in the whole line: at worst a comment that speaks of an end is taken for one.
bool hasExpired(const std::string& line, TimePoint now)
{
    std::string lower(line);
    std::transform(lower.begin(), lower.end(), lower.begin(), lowerCase);
    for (auto at = lower.find(option); at != std::string::npos; at = lower.find(option, at + 1)) {
        auto value = std::string_view(lower).substr(at + option.size());
        if (!value.empty() && value.front() == '"') value.remove_prefix(1);
        const auto end = timeAt(value);
        if (end && *end <= now) return true;
    }
    return false;
}

} // namespace

std::string withoutExpired(const std::string& allowedSigners, TimePoint now)
{
    std::string kept;
    std::istringstream lines(allowedSigners);
    for (std::string line; std::getline(lines, line);) {
        if (!hasExpired(line, now)) kept += line + "\n";
    }
    return kept;
}

} // namespace perennial::controller
