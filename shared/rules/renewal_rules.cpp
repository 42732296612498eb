#include "shared/rules/renewal_rules.h"

#include "shared/base/encoding.h"

#include <array>
#include <cstdint>

namespace perennial::rules {

namespace {

using model::CertificateFacts;
using model::CertificatePolicy;

std::optional<RenewalFinding> expired(
    const CertificateFacts& certificate, const CertificatePolicy&, TimePoint now)
{
    if (now < certificate.notAfter) return std::nullopt;
    return RenewalFinding{RenewalReason::Expired,
        "the certificate has expired at " + toRfc3339(certificate.notAfter)};
}

std::optional<RenewalFinding> wrongKeyType(
    const CertificateFacts& certificate, const CertificatePolicy& policy, TimePoint)
{
    if (policy.keyType == "same" || policy.keyType == certificate.keyType) return std::nullopt;
    return RenewalFinding{RenewalReason::WrongKeyType, "the key is " +
                                                           toPrintable(certificate.keyType, 100) +
                                                           ", the policy wants " + policy.keyType};
}

std::optional<RenewalFinding> nearingExpiry(
    const CertificateFacts& certificate, const CertificatePolicy& policy, TimePoint now)
{
    if (now < renewalTime(certificate, policy)) return std::nullopt;
    return RenewalFinding{RenewalReason::NearingExpiry,
        "the certificate is due; it expires at " + toRfc3339(certificate.notAfter)};
}

constexpr std::array<RenewalRule, 3> allRules = {
    expired,       // nothing else matters once it no longer works
    wrongKeyType,  // the policy asks for another key
    nearingExpiry, // the ordinary case
};

// FNV-1a: spreads fingerprints evenly; it protects nothing.
std::uint64_t hash(std::string_view text)
{
    std::uint64_t value = 14695981039346656037ULL;
    for (const char c : text) {
        value ^= static_cast<unsigned char>(c);
        value *= 1099511628211ULL;
    }
    return value;
}

bool isDayOf(const model::Window& window, std::chrono::sys_days day)
{
    if (window.days.empty()) return true;
    const auto weekday = static_cast<int>(std::chrono::weekday(day).iso_encoding()) - 1;
    for (const int allowed : window.days) {
        if (allowed == weekday) return true;
    }
    return false;
}

} // namespace

std::span<const RenewalRule> renewalRules() { return allRules; }

std::optional<RenewalFinding> findReasonToRenew(
    const CertificateFacts& certificate, const CertificatePolicy& policy, TimePoint now)
{
    for (const auto rule : renewalRules()) {
        if (auto finding = rule(certificate, policy, now)) return finding;
    }
    return std::nullopt;
}

TimePoint renewalTime(const CertificateFacts& certificate, const CertificatePolicy& policy)
{
    TimePoint due = certificate.notAfter - policy.renewBefore;
    if (policy.spread > Duration::zero()) {
        const auto seconds = static_cast<std::uint64_t>(policy.spread.count());
        due -= Duration(static_cast<Duration::rep>(hash(certificate.fingerprint.text()) % seconds));
    }
    const Duration life = certificate.notAfter - certificate.notBefore;
    const TimePoint halfWay = certificate.notAfter - std::max(life, Duration::zero()) / 2;
    return std::max(due, halfWay);
}

TimePoint insideWindow(
    const std::optional<model::Window>& window, TimePoint wanted, TimePoint deadline)
{
    if (!window) return wanted;
    const bool overMidnight = window->to <= window->from;
    const Duration length = window->to - window->from + Duration(overMidnight ? 86400 : 0);
    const auto today = std::chrono::floor<std::chrono::days>(wanted);
    // Yesterday's may still be open; a week from today every day was asked.
    for (int offset = -1; offset <= 7; ++offset) {
        const auto day = today + std::chrono::days(offset);
        if (!isDayOf(*window, day)) continue;
        const TimePoint opens = day + window->from;
        if (wanted >= opens + length) continue;
        const TimePoint inside = std::max(wanted, opens);
        return inside < deadline ? inside : wanted;
    }
    return wanted;
}

TimePoint endOfCaution(TimePoint notBefore, TimePoint notAfter)
{
    return notAfter - (notAfter - notBefore) / 10;
}

TimePoint autonomousTime(const CertificateFacts& certificate, const CertificatePolicy& policy)
{
    const TimePoint planned = renewalTime(certificate, policy);
    if (policy.autonomousBefore)
        return std::max(planned, certificate.notAfter - *policy.autonomousBefore);
    return std::max(planned, planned + (certificate.notAfter - planned) / 2);
}

} // namespace perennial::rules
