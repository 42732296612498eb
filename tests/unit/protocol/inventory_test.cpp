#include "shared/protocol/agent_messages.h"
#include "tests/support/golden.h"
#include "tests/unit/protocol/documented_messages.h"

#include <doctest/doctest.h>
#include <string>

using namespace perennial;

namespace {

model::InventoryReport example()
{
    return *protocol::inventoryReportFromJson(test::examplesOnPage().at("inventory report"));
}

} // namespace

TEST_CASE("of a slot's certificate the PEM is believed, not what is said of it")
{
    Json json = test::examplesOnPage().at("inventory report");
    Json& certificate = json["slots"].array()->at(0)["certificate"];
    certificate["not_after"] = "2099-01-01T00:00:00Z";
    certificate["names"] = Json::Array{"dns:other.example.test"};
    const auto report = protocol::inventoryReportFromJson(json);
    REQUIRE(report);
    const auto leaf = x509::Certificate::fromPem(test::readTestData("web.pem"));
    CHECK(report->slots.at(0).certificate == model::factsOf(*leaf));

    certificate["fingerprint"] = std::string(64, 'a');
    CHECK_FALSE(protocol::inventoryReportFromJson(json));
}

TEST_CASE("slots out of order or there twice are refused")
{
    Json json = test::examplesOnPage().at("inventory report");
    const Json slot = json["slots"].array()->at(0);
    json["slots"].push(slot);
    CHECK_FALSE(protocol::inventoryReportFromJson(json));
    json["slots"].array()->at(1)["slot_id"] = "slot-0000000000000000";
    CHECK_FALSE(protocol::inventoryReportFromJson(json));
    json["slots"].array()->at(1)["slot_id"] = "slot-ffffffffffffffff";
    CHECK(protocol::inventoryReportFromJson(json));
}

TEST_CASE(
    "how TLS is asked for and how it is known go with a listener, where they are not as usual")
{
    auto report = example();
    for (const auto* member : {"start_tls", "observed"})
        CHECK(protocol::toJson(report).canonical().find(member) == std::string::npos);
    report.slots.at(0).listeners.at(0).observed = true;
    report.slots.at(0).listeners.at(0).startTls = "smtp";
    const auto json = protocol::toJson(report);
    const auto again = protocol::inventoryReportFromJson(json);
    REQUIRE(again);
    CHECK(again->slots == report.slots);
    report.slots.at(0).listeners.at(0).startTls = "s m";
    CHECK_FALSE(protocol::inventoryReportFromJson(protocol::toJson(report)));
}

TEST_CASE("the digest is of the slots, whenever they were scanned")
{
    auto report = example();
    const auto digest = protocol::inventoryDigest(report);
    CHECK(digest.size() == 64);
    report.scannedAt += Duration(3600);
    report.skipped.clear();
    CHECK(protocol::inventoryDigest(report) == digest);
    report.slots.at(0).listeners.at(0).served = model::Fingerprint();
    CHECK(protocol::inventoryDigest(report) != digest);
}

TEST_CASE("odd file names and long lists of reasons do not cost the report")
{
    auto report = example();
    report.slots.at(0).warnings.assign(500, "w");
    report.skipped.assign(5000, "/srv/\xFF\n.pem: over 1 MB");
    const Json json = protocol::toJson(report);
    const auto parsed = Json::parse(json.canonical(), protocol::inventoryMessage);
    REQUIRE(parsed);
    const auto again = protocol::inventoryReportFromJson(*parsed);
    REQUIRE_MESSAGE(again, again.error().message);
    CHECK(again->slots.at(0).warnings.size() == 100);
    CHECK(again->skipped.size() == 1000);
    CHECK(again->skipped.back() == "and 4001 more");
}

TEST_CASE("a slot without PEM keeps the facts that came with it")
{
    auto slot = example().slots.at(0);
    slot.certificatePem.clear();
    const auto again = protocol::slotFromJson(protocol::toJson(slot));
    REQUIRE(again);
    CHECK(*again == slot);
}

TEST_CASE("events of another epoch, not rising or too many make the batch refused")
{
    const Json good = test::examplesOnPage().at("event batch");
    Json json = good;
    json["events"].push(good.find("events")->array()->at(0));
    CHECK_FALSE(protocol::eventBatchFromJson(json));
    json["events"].array()->at(1)["agent_seq"] = 13;
    CHECK(protocol::eventBatchFromJson(json));
    json["events"].array()->at(1)["agent_seq"] = 11;
    CHECK_FALSE(protocol::eventBatchFromJson(json));
    json["events"].array()->at(1)["agent_seq"] = 14;
    json["events"].array()->at(1)["agent_epoch"] = "other";
    CHECK_FALSE(protocol::eventBatchFromJson(json));

    json = good;
    json["events"] = Json::Array();
    for (int i = 1; i <= 501; ++i) {
        Json event = good.find("events")->array()->at(0);
        event["agent_seq"] = i;
        json["events"].push(event);
        if (i == 500) CHECK(protocol::eventBatchFromJson(json));
    }
    CHECK_FALSE(protocol::eventBatchFromJson(json));
}
