#include "shared/protocol/scan_report.h"

#include "shared/protocol/agent_messages.h"
#include "tests/support/golden.h"
#include "tests/unit/protocol/documented_messages.h"

#include <doctest/doctest.h>
#include <sstream>

using namespace perennial;

namespace {

model::InventoryReport example()
{
    auto report = *protocol::inventoryReportFromJson(test::examplesOnPage().at("inventory report"));
    report.found = {{{"jks", "/opt/app/store", ""}, "trust", "anchor", "it is there to be trusted",
                        report.slots.front().certificate},
        {{"pkcs12", "/opt/app/web.p12", ""}, "unknown", "", "encrypted", std::nullopt}};
    report.configuration = {"/etc/nginx/nginx.conf", "/etc/nginx/sites-enabled/*"};
    return report;
}

Json written(const model::InventoryReport& report)
{
    std::ostringstream out;
    protocol::writeScanReport(out, report);
    return *Json::parse(out.str(), protocol::scanReport);
}

} // namespace

TEST_CASE("a scan report is read as it was written")
{
    const auto report = example();
    const auto read = protocol::scanReportFromJson(written(report));
    REQUIRE_MESSAGE(read.ok(), (read ? "" : read.error().message));
    CHECK(read->found == report.found);
    CHECK(read->slots == report.slots);
    CHECK(read->skipped == report.skipped);
    CHECK(read->configuration == report.configuration);
}

TEST_CASE("of the configuration's files so many are told as are read, none that looks like a key")
{
    auto report = example();
    report.configuration = {"/etc/-----BEGIN PRIVATE KEY-----"};
    for (std::size_t i = 0; i < protocol::configurationLimit + 10; ++i)
        report.configuration.push_back("/etc/" + std::to_string(i));
    const auto read = protocol::scanReportFromJson(written(report));
    REQUIRE_MESSAGE(read.ok(), (read ? "" : read.error().message));
    CHECK(read->configuration.size() == protocol::configurationLimit);
    CHECK(read->configuration.front() == "/etc/0");

    report.configuration.assign(2000, "/" + std::string(4000, 'x'));
    CHECK(protocol::scanReportFromJson(written(report))->configuration.size() == 1048);

    auto json = written(example());
    json["configuration"] = Json(Json::Array{"/" + std::string(4096, 'x')});
    CHECK_FALSE(protocol::scanReportFromJson(json).ok());
}

TEST_CASE("what was found does not go to a controller")
{
    const auto report = example();
    CHECK(protocol::toJson(report).find("found") == nullptr);
    CHECK(protocol::toJson(report).find("configuration") == nullptr);
    auto without = report;
    without.found.clear();
    CHECK(protocol::inventoryDigest(report) == protocol::inventoryDigest(without));
}

TEST_CASE("members that are missing, unknown or of another type are refused")
{
    const auto good = written(example());
    for (const char* member : {"kind", "place", "entry", "reason", "certificate"}) {
        auto json = good;
        json["found"].array()->at(0).object()->erase(member);
        CHECK_FALSE(protocol::scanReportFromJson(json).ok());
        json["found"].array()->at(0)[member] = 1;
        CHECK_FALSE(protocol::scanReportFromJson(json).ok());
    }
    auto more = good;
    more["found"].array()->at(0)["key"] = "x";
    CHECK_FALSE(protocol::scanReportFromJson(more).ok());
    CHECK_FALSE(protocol::scanReportFromJson(good.object()->at("report")).ok());
}

TEST_CASE("a private key is neither written nor read")
{
    auto report = example();
    report.found.front().entry = "-----BEGIN PRIVATE KEY-----";
    const auto json = written(report);
    CHECK_FALSE(protocol::carriesPrivateKey(json));
    const auto read = protocol::scanReportFromJson(json);
    REQUIRE(read.ok());
    CHECK(read->found.size() == 1);
    CHECK(read->skipped.back() == "1 certificates that are no slots: left out");
    auto forged = written(example());
    forged["found"].array()->at(0)["entry"] = "-----BEGIN PRIVATE KEY-----";
    CHECK(protocol::scanReportFromJson(forged).error().kind == ErrorKind::PermissionDenied);
}

TEST_CASE("the report stays within what the agent reads")
{
    auto report = example();
    const auto one = report.found.front();
    report.found.assign(20'000, one);
    std::ostringstream out;
    protocol::writeScanReport(out, report);
    CHECK(out.str().size() < 9U << 20U);
    CHECK(
        protocol::scanReportFromJson(*Json::parse(out.str(), protocol::scanReport))->found.size() >
        5'000);
}
