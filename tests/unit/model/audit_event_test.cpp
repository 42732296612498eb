#include "shared/model/audit_event.h"

#include "shared/model/renewal_report.h"

#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <vector>

using namespace perennial;
using model::AuditEvent;

namespace {

AuditEvent example()
{
    AuditEvent event;
    event.id = "0198c6d2-1b2c-7abc-8def-0123456789ab";
    event.kind = "renewal.failed";
    event.time = PreciseTime(std::chrono::milliseconds(1795240800123));
    event.actor = {"agent", "agent-00112233445566778899aabbccddeeff", "mtls", "192.0.2.7"};
    event.outcome = model::Outcome::Failure;
    event.reason = "CES did not answer";
    event.correlationId = "0198c6d2-0000-7000-8000-000000000001";
    event.agentId = event.actor.id;
    event.host = "web1.example.test";
    event.slotId = "slot-0011223344556677";
    event.policy = "0123456789012345678901234567890123456789:web-servers";
    event.certificate = {{"serial", "0A"}, {"subject", "CN=web1"}};
    event.details = {{"attempt", 3}};
    event.agentSequence = 12;
    event.agentEpoch = "e1";
    return event;
}

} // namespace

TEST_CASE("an event and its JSON say the same")
{
    const auto json = model::toJson(example());
    REQUIRE(json);
    CHECK(*model::auditEventFromJson(*json) == example());
    CHECK(json->find("time")->string() != nullptr);
    CHECK(*json->find("time")->string() == "2026-11-21T06:00:00.123Z");

    AuditEvent small;
    small.id = example().id;
    small.kind = "audit.started";
    small.actor.type = "controller";
    const auto smallJson = model::toJson(small);
    REQUIRE(smallJson);
    CHECK(smallJson->canonical() ==
          R"({"actor":{"type":"controller"},"id":"0198c6d2-1b2c-7abc-8def-0123456789ab",)"
          R"("kind":"audit.started","outcome":"success","schema_version":1,)"
          R"("time":"1970-01-01T00:00:00.000Z"})");
    CHECK(*model::auditEventFromJson(*smallJson) == small);
}

TEST_CASE("an event that is not on the list, too big or has no proper id is not written")
{
    const std::vector<std::pair<std::string, std::function<void(AuditEvent&)>>> changes = {
        {"not on the list", [](AuditEvent& event) { event.kind = "renewal.fine"; }},
        {"not on the list", [](AuditEvent& event) { event.kind = ""; }},
        {"UUIDv7", [](AuditEvent& event) { event.id = ""; }},
        {"UUIDv7", [](AuditEvent& event) { event.id = "0198c6d2-1b2c-4abc-8def-0123456789ab"; }},
        {"UUIDv7", [](AuditEvent& event) { event.id = "0198C6D2-1b2c-7abc-8def-0123456789ab"; }},
        {"UUIDv7", [](AuditEvent& event) { event.id += "0"; }},
        {"actor.type", [](AuditEvent& event) { event.actor.type = "robot"; }},
        {"agent_seq", [](AuditEvent& event) { event.agentSequence = -1; }},
        {"16 KB", [](AuditEvent& event) { event.details["x"] = std::string(16384, 'x'); }}};
    for (const auto& [why, change] : changes) {
        AuditEvent event = example();
        change(event);
        const auto json = model::toJson(event);
        REQUIRE_FALSE(json);
        CHECK_MESSAGE(json.error().message.find(why) != std::string::npos, json.error().message);
    }
}

TEST_CASE("the JSON of an event is read strictly")
{
    const Json good = *model::toJson(example());
    const std::vector<std::pair<std::string, Json>> changes = {{"seq", Json(1)},
        {"recorded_time", "2026-11-21T06:00:00.123Z"}, {"schema_version", Json(2)},
        {"schema_version", "1"}, {"kind", "other"}, {"id", Json()}, {"outcome", "fine"},
        {"time", "2026-11-21T06:00:00Z"}, {"time", "2026-11-21T06:00:00.1Z"},
        {"time", "2026-11-21T06:00:00.123+00:00"}, {"time", "2026-11-21T06:00:60.123Z"},
        {"actor", "agent"}, {"actor", Json()}, {"actor", *Json::parse(R"({"type":"agent","x":1})")},
        {"certificate", Json()}, {"certificate", Json(Json::Array())}, {"details", "x"},
        {"agent_seq", Json(-1)}, {"agent_seq", Json(1.5)}, {"reason", Json(1)},
        {"details", *Json::parse("{\"x\":\"" + std::string(16384, 'x') + "\"}")}};
    for (const auto& [member, value] : changes) {
        CAPTURE(member);
        CAPTURE(value.canonical().substr(0, 80));
        Json json = good;
        json[member] = value;
        CHECK_FALSE(model::auditEventFromJson(json));
    }
    for (const char* member : {"schema_version", "id", "kind", "time", "actor", "outcome"}) {
        CAPTURE(member);
        Json json = good;
        json.object()->erase(member);
        CHECK_FALSE(model::auditEventFromJson(json));
    }
    CHECK_FALSE(model::auditEventFromJson(Json(Json::Array())));
}

TEST_CASE("broken UTF-8 from a certificate does not cost the event")
{
    AuditEvent event = example();
    event.certificate["subject"] = "CN=a\xFF\x80";
    event.details["list"].push(std::string("b\xC0"));
    event.reason = "c\xFE";
    const auto json = model::toJson(event);
    REQUIRE(json);
    CHECK(Json::parse(json->canonical()));
    CHECK(*json->find("reason")->string() == "c\xEF\xBF\xBD");
    CHECK(*json->find("certificate")->find("subject")->string() == "CN=a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a private key that reached an event does not get further")
{
    AuditEvent event = example();
    event.details["output"].push("x\n-----BEGIN PRIVATE KEY-----\nMC4CAQAw");
    event.reason = "-----BEGIN RSA PRIVATE KEY-----";
    const auto json = model::toJson(event);
    REQUIRE(json);
    CHECK(json->canonical().find("PRIVATE KEY---") == std::string::npos);
    CHECK(json->canonical().find("MC4CAQAw") == std::string::npos);
}

TEST_CASE("how a renewal ended is read from the event that says so")
{
    using model::RenewalOutcome;
    const std::string fingerprint(64, 'a');
    for (const auto outcome : {RenewalOutcome::Completed, RenewalOutcome::RolledBack,
             RenewalOutcome::Abandoned, RenewalOutcome::AlreadyDone}) {
        const bool completed = outcome == RenewalOutcome::Completed;
        AuditEvent event = example();
        event.kind = model::eventKindOf(outcome);
        CHECK(model::isEventKind(event.kind));
        event.certificate = {{"fingerprint", fingerprint}};
        event.details = {{"milliseconds", 4200}, {"listeners", 2}};
        const auto report = model::renewalReportOf(event);
        REQUIRE(report);
        CHECK(report->outcome == outcome);
        CHECK(report->order.text() == event.correlationId);
        CHECK(report->slot.text() == event.slotId);
        CHECK(report->reason == event.reason);
        CHECK(report->milliseconds == 4200);
        CHECK(report->newFingerprint.text() == (completed ? fingerprint : ""));
        CHECK(report->oldFingerprint.text() == (completed ? "" : fingerprint));

        event.details["milliseconds"] = -1;
        CHECK_FALSE(model::renewalReportOf(event));
        event.details = {};
        CHECK(model::renewalReportOf(event));
        event.certificate["fingerprint"] = 1;
        CHECK_FALSE(model::renewalReportOf(event));
        event.certificate = {};
        event.kind = "renewal.failed";
        CHECK_FALSE(model::renewalReportOf(event));
    }
}

TEST_CASE("the certificate of an event fits, however many names it has")
{
    model::CertificateFacts facts;
    facts.fingerprint = model::Fingerprint(std::string(64, 'a'));
    facts.subject = std::string(60'000, '\n');
    facts.issuer = std::string(60'000, 'i');
    for (int i = 0; i < 5000; ++i)
        facts.names.push_back("dns:host" + std::to_string(i) + ".example.test");
    AuditEvent event = example();
    event.certificate = model::eventCertificate(facts);
    const auto json = model::toJson(event);
    REQUIRE(json);
    CHECK(*event.certificate.at("names_total").integer() == 5000);
    CHECK(event.certificate.at("names").array()->size() > 100);
    CHECK(event.certificate.at("names").array()->size() < 5000);
    CHECK(event.certificate.count("template") == 0);
}
