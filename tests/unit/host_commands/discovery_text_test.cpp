// What `perennial-agent discover` shows people.

#include "agent/host_commands/discovery_text.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::agent;

namespace {

const TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

model::Slot slotEnding(Duration left)
{
    model::Slot slot;
    slot.place = {"pem", "/srv/web\x1b[2J.pem", "/srv/web.key"};
    slot.certificate.displayName = "web1.example.test";
    slot.certificate.keyType = "rsa-2048";
    slot.certificate.notAfter = now + left;
    slot.listeners = {
        {"127.0.0.1", 443, "a", {}}, {"127.0.0.1", 443, "b", {}}, {"::1", 443, "", {}}};
    slot.warnings = {"the key can be read by everybody"};
    return slot;
}

} // namespace

TEST_CASE("each place with its end, its listeners once, what is odd, and counts")
{
    const model::InventoryReport report{now,
        {slotEnding(std::chrono::days(5)), slotEnding(Duration(-1))}, {"/srv/x: over 1 MB"}, {}};
    const auto text = discoveryText(report, now, {});
    for (const auto* part : {"DAYS", "web1.example.test", "127.0.0.1:443 [::1]:443", "expired",
             "the key can be read by everybody", "passed over: /srv/x: over 1 MB",
             "2 certificates with a key: 2 served here, 1 expired, 1 within 30 days of "
             "their end, 2 with algorithms that a quantum computer breaks"})
        CHECK_MESSAGE(text.find(part) != std::string::npos, part << " in\n" << text);
    CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("programs get a word about quantum computers for each, where there is a certificate")
{
    auto resistant = slotEnding(std::chrono::days(5));
    resistant.certificate.keyType = resistant.certificate.signatureAlgorithm =
        "2.16.840.1.101.3.4.3.17";
    model::InventoryReport report{now, {slotEnding(std::chrono::days(5)), resistant}, {}, {}};
    report.found = {
        {{"pem", "/srv/a.pem", ""}, "trust", "", "a trust anchor", resistant.certificate},
        {{"jks", "/srv/shut.jks", ""}, "unknown", "", "its password is not known", {}}};
    const auto json = discoveryJson(report);
    const auto& slots = *json.find("slots")->array();
    CHECK(*slots.at(0).find("quantum")->string() == "vulnerable");
    CHECK(*slots.at(1).find("quantum")->string() == "resistant");
    const auto& found = *json.find("found")->array();
    CHECK(*found.at(0).find("quantum")->string() == "resistant");
    CHECK(found.at(1).find("quantum") == nullptr);
    const auto text = discoveryText(report, now, {});
    CHECK(text.find("1 with algorithms that a quantum computer breaks") != std::string::npos);
}

TEST_CASE("nothing found is said in numbers too")
{
    CHECK(discoveryText({}, now, {}).find("0 certificates with a key") == 0);
}

TEST_CASE("what nothing renews: certificates of services by name, authorities by number")
{
    model::CertificateFacts facts;
    facts.displayName = "lonely.example.test";
    facts.notAfter = now + std::chrono::days(3);
    model::InventoryReport report;
    report.found = {
        {{"pem", "/srv/lonely.pem", ""}, "end-entity", "", "no key was found for it", facts},
        {{"jks", "/srv/shut.jks", ""}, "unknown", "", "its password is not known", {}},
        {{"pem", "/srv/ca.pem", ""}, "authority", "", "an authority's", facts},
        {{"pem", "/etc/ssl/certs/a.pem", ""}, "trust", "", "a trust anchor", facts}};
    const auto text = discoveryText(report, now, {});
    for (const auto* part : {"lonely.example.test", "no key was found for it", "/srv/shut.jks",
             "4 certificates that nothing here renews (--json has all): 1 authority, 1 end-entity, "
             "1 trust, 1 unknown"})
        CHECK_MESSAGE(text.find(part) != std::string::npos, part << " in\n" << text);
    CHECK(text.find("/srv/ca.pem") == std::string::npos);
}
