#include "shared/rules/renewal_rules.h"

#include "shared/x509/digest.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <string>
#include <vector>

using namespace perennial;
using namespace std::chrono_literals;

namespace {

constexpr Duration day{86400};
const TimePoint start = *timeFromRfc3339("2026-11-02T00:00:00Z"); // a Monday

model::CertificateFacts certificateOf(Duration life, const std::string& seed = "a")
{
    model::CertificateFacts facts;
    facts.fingerprint = model::Fingerprint(x509::sha256Hex(seed));
    facts.keyType = "ec-p256";
    facts.notBefore = start;
    facts.notAfter = start + life;
    return facts;
}

model::CertificatePolicy policyOf(Duration before, Duration spread = Duration(0))
{
    model::CertificatePolicy policy;
    policy.renewBefore = before;
    policy.spread = spread;
    policy.keyType = "same";
    return policy;
}

model::Window windowOf(std::vector<int> days, Duration from, Duration to)
{
    return {std::move(days), from, to};
}

} // namespace

TEST_CASE("the first reason on the list is the one that is given")
{
    struct Row {
        std::string name;
        Duration now;
        std::string keyType;
        std::optional<rules::RenewalReason> reason;
    };
    using rules::RenewalReason;
    const std::vector<Row> rows = {{"a fresh certificate has none", 1 * day, "same", std::nullopt},
        {"one that is due has", 60 * day, "same", RenewalReason::NearingExpiry},
        {"a second before it is due it has none", 60 * day - 1s, "same", std::nullopt},
        {"at its end it has expired", 90 * day, "same", RenewalReason::Expired},
        {"a second before its end it is due", 90 * day - 1s, "same", RenewalReason::NearingExpiry},
        {"another key type counts from the first day", 1 * day, "rsa-3072",
            RenewalReason::WrongKeyType},
        {"the wanted key type is no reason", 1 * day, "ec-p256", std::nullopt},
        {"another key type goes before being due", 60 * day, "rsa-3072",
            RenewalReason::WrongKeyType},
        {"having expired goes before another key type", 91 * day, "rsa-3072",
            RenewalReason::Expired}};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        auto policy = policyOf(30 * day);
        policy.keyType = row.keyType;
        const auto finding =
            rules::findReasonToRenew(certificateOf(90 * day), policy, start + row.now);
        CHECK(finding.has_value() == row.reason.has_value());
        if (finding) {
            CHECK(finding->reason == *row.reason);
            CHECK_FALSE(finding->explanation.empty());
        }
    }
    CHECK(rules::renewalRules().size() == 3);
}

TEST_CASE("a thousand certificates are spread evenly, each always to the same moment")
{
    const auto policy = policyOf(30 * day, 10 * day);
    std::vector<int> perDay(10);
    for (int i = 0; i < 1000; ++i) {
        const auto certificate = certificateOf(90 * day, "host" + std::to_string(i));
        const auto due = rules::renewalTime(certificate, policy);
        CHECK(due == rules::renewalTime(certificate, policy));
        CHECK(due > certificate.notAfter - 40 * day);
        CHECK(due <= certificate.notAfter - 30 * day);
        const auto at = (due - (certificate.notAfter - 40 * day) - 1s) / day;
        ++perDay.at(static_cast<std::size_t>(at));
    }
    for (const int count : perDay) {
        CHECK(count > 60);
        CHECK(count < 140);
    }
}

TEST_CASE("the moment a certificate is due does not change between versions of the program")
{
    // Computed with another program.
    const auto policy = policyOf(30 * day, 10 * day);
    CHECK(toRfc3339(rules::renewalTime(certificateOf(90 * day, "a"), policy)) ==
          "2026-12-31T11:02:20Z");
    CHECK(toRfc3339(rules::renewalTime(certificateOf(90 * day, "b"), policy)) ==
          "2026-12-25T21:18:20Z");
}

TEST_CASE("a certificate is never due in the first half of its life")
{
    struct Row {
        std::string name;
        Duration life, before, spread, due;
    };
    const std::vector<Row> rows = {{"the ordinary case", 90 * day, 30 * day, 0s, 60 * day},
        {"renew-before as long as the life", 30 * day, 30 * day, 0s, 15 * day},
        {"renew-before longer than the life", 1 * day, 30 * day, 10 * day, day / 2},
        {"a second shorter than the life", 30 * day, 30 * day - 1s, 0s, 15 * day},
        {"a life of an hour", 3600s, 30 * day, 0s, 1800s}, {"no life at all", 0s, 30 * day, 0s, 0s},
        {"an end before the beginning", -10 * day, 30 * day, 0s, -10 * day}};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto due =
            rules::renewalTime(certificateOf(row.life), policyOf(row.before, row.spread));
        CHECK((due - start) == row.due);
    }
}

TEST_CASE("renewing at once whenever one is due never makes a storm, whatever the policy says")
{
    std::mt19937 dice(20261121);
    for (int round = 0; round < 1000; ++round) {
        const Duration life(static_cast<int>(60 + dice() % (400U * 86400U)));
        const auto policy = policyOf(Duration(static_cast<int>(1 + dice() % (800U * 86400U))),
            Duration(static_cast<int>(dice() % (400U * 86400U))));
        const auto certificate = certificateOf(life, std::to_string(round));
        const auto due = rules::renewalTime(certificate, policy);
        CHECK(due - certificate.notBefore >= life / 2);
        CHECK(due <= certificate.notAfter);
        CHECK_FALSE(rules::findReasonToRenew(certificate, policy, certificate.notBefore));
        const auto alone = rules::autonomousTime(certificate, policy);
        CHECK(alone >= due);
        CHECK(alone <= certificate.notAfter);
    }
}

TEST_CASE("years at the edge of what certificates can say do not overflow")
{
    auto certificate = certificateOf(90 * day);
    certificate.notAfter = *timeFromRfc3339("9999-12-31T23:59:59Z");
    const auto due = rules::renewalTime(certificate, policyOf(30 * day, 10 * day));
    CHECK(due > *timeFromRfc3339("9999-11-01T00:00:00Z"));
    CHECK(rules::autonomousTime(certificate, policyOf(30 * day)) < certificate.notAfter);
}

TEST_CASE("the agent goes alone half-way to expiry, or when its policy says")
{
    const auto certificate = certificateOf(90 * day);
    auto policy = policyOf(30 * day);
    CHECK(rules::autonomousTime(certificate, policy) == start + 75 * day);
    policy.autonomousBefore = 10 * day;
    CHECK(rules::autonomousTime(certificate, policy) == start + 80 * day);
    // Not before it is due: a day's certificate under a policy made for years.
    policy.autonomousBefore = 30 * day;
    const auto shortLived = certificateOf(1 * day);
    CHECK(rules::autonomousTime(shortLived, policy) == rules::renewalTime(shortLived, policy));
}

TEST_CASE("a wanted moment moves to the next opening of the window")
{
    struct Row {
        std::string name;
        std::optional<model::Window> window;
        std::string wanted, inside;
    };
    // 2026-11-02 is a Monday.
    const auto mondayNight = windowOf({0}, 22h, 4h);
    const std::vector<Row> rows = {
        {"no window", std::nullopt, "2026-11-02T12:00:00Z", "2026-11-02T12:00:00Z"},
        {"open now", windowOf({}, 1h, 5h), "2026-11-02T01:00:00Z", "2026-11-02T01:00:00Z"},
        {"before it opens", windowOf({}, 1h, 5h), "2026-11-02T00:59:59Z", "2026-11-02T01:00:00Z"},
        {"its last second", windowOf({}, 1h, 5h), "2026-11-02T04:59:59Z", "2026-11-02T04:59:59Z"},
        {"its end is outside", windowOf({}, 1h, 5h), "2026-11-02T05:00:00Z",
            "2026-11-03T01:00:00Z"},
        {"another day", windowOf({2, 3}, 1h, 5h), "2026-11-02T02:00:00Z", "2026-11-04T01:00:00Z"},
        {"the day has passed", windowOf({0}, 1h, 5h), "2026-11-02T06:00:00Z",
            "2026-11-09T01:00:00Z"},
        {"Sunday", windowOf({6}, 0h, 24h), "2026-11-02T06:00:00Z", "2026-11-08T00:00:00Z"},
        {"the whole day", windowOf({0}, 0h, 24h), "2026-11-02T23:59:59Z", "2026-11-02T23:59:59Z"},
        {"over midnight, evening", mondayNight, "2026-11-02T23:00:00Z", "2026-11-02T23:00:00Z"},
        {"over midnight, morning after", mondayNight, "2026-11-03T03:59:59Z",
            "2026-11-03T03:59:59Z"},
        {"over midnight, closed again", mondayNight, "2026-11-03T04:00:00Z",
            "2026-11-09T22:00:00Z"},
        {"over midnight, Monday's morning is Sunday's", mondayNight, "2026-11-02T03:00:00Z",
            "2026-11-02T22:00:00Z"},
        {"over the end of a year", windowOf({4}, 1h, 2h), "2026-12-31T12:00:00Z",
            "2027-01-01T01:00:00Z"},
        {"before 1970", windowOf({}, 1h, 2h), "1969-12-31T23:00:00Z", "1970-01-01T01:00:00Z"}};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto inside =
            rules::insideWindow(row.window, *timeFromRfc3339(row.wanted), TimePoint::max());
        CHECK(toRfc3339(inside) == row.inside);
    }
}

TEST_CASE("a window never pushes a renewal to its deadline or past it")
{
    const auto window = windowOf({2}, 1h, 5h); // opens Wednesday 01:00
    const auto opens = start + 2 * day + 1h;
    CHECK(rules::insideWindow(window, start, opens + 1s) == opens);
    CHECK(rules::insideWindow(window, start, opens) == start);
    CHECK(rules::insideWindow(window, start, start) == start);
    CHECK(rules::insideWindow(window, start, start - 1s) == start);

    std::mt19937 dice(20261122);
    for (int round = 0; round < 2000; ++round) {
        std::vector<int> days;
        for (int d = 0; d < 7; ++d) {
            if (dice() % 3 == 0) days.push_back(d);
        }
        const Duration from(static_cast<int>(dice() % 86400U));
        const Duration to(static_cast<int>(1 + dice() % 86400U));
        if (from == to) continue;
        const TimePoint wanted = start + Duration(static_cast<int>(dice() % (60U * 86400U)));
        const TimePoint deadline = wanted + Duration(static_cast<int>(dice() % (12U * 86400U)));
        const auto inside = rules::insideWindow(windowOf(days, from, to), wanted, deadline);
        CHECK(inside >= wanted);
        CHECK((inside < deadline || inside == wanted));
        // What was moved stands at the very opening: the first moment that was possible.
        if (inside != wanted) {
            const auto today = std::chrono::floor<std::chrono::days>(inside);
            CHECK(inside - today == from);
            const auto weekday = static_cast<int>(std::chrono::weekday(today).iso_encoding()) - 1;
            CHECK((days.empty() || std::find(days.begin(), days.end(), weekday) != days.end()));
            CHECK(inside - wanted < 7 * day);
        }
    }
}
