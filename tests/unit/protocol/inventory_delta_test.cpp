#include "shared/protocol/inventory_delta.h"

#include "shared/protocol/agent_messages.h"
#include "tests/unit/protocol/documented_messages.h"

#include <doctest/doctest.h>

using namespace perennial;
using protocol::SentInventory;

namespace {

model::Slot slot(const std::string& id, const std::string& service = "nginx")
{
    auto report = *protocol::inventoryReportFromJson(test::examplesOnPage().at("inventory report"));
    auto made = report.slots.front();
    made.id = model::SlotId(id);
    made.service = service;
    return made;
}

model::InventoryReport report(std::vector<model::Slot> slots)
{
    model::InventoryReport made;
    made.slots = std::move(slots);
    return made;
}

ErrorKind refusal(const std::string& member, Json value)
{
    auto json = test::examplesOnPage().at("inventory changes");
    json[member] = std::move(value);
    const auto read = protocol::inventoryDeltaFromJson(json);
    CHECK_FALSE(read.ok());
    return read ? ErrorKind::Internal : read.error().kind;
}

} // namespace

TEST_CASE("what is sent is what changed, and it leads to what there is now")
{
    const auto before = report({slot("a"), slot("b"), slot("c")});
    const auto after = report({slot("b"), slot("c", "apache"), slot("d")});
    const SentInventory sent(before);
    const auto delta = sent.changesTo(after);
    REQUIRE(delta.slots.size() == 2);
    CHECK(delta.slots[0].id.text() == "c");
    CHECK(delta.slots[1].id.text() == "d");
    CHECK(delta.removed == std::vector{model::SlotId("a")});
    CHECK(delta.base == protocol::inventoryDigest(before));
    CHECK(delta.digest == protocol::inventoryDigest(after));
    const auto made = protocol::applied(delta, before.slots);
    REQUIRE(made.ok());
    CHECK(*made == after.slots);

    CHECK(SentInventory().digest().empty());
    const auto nothing = sent.changesTo(before);
    CHECK(nothing.slots.empty());
    CHECK(nothing.removed.empty());
}

TEST_CASE("what is to go and is not there, and more slots than a report may have, are refused")
{
    protocol::InventoryDelta delta;
    delta.removed = {model::SlotId("b")};
    CHECK(protocol::applied(delta, {slot("a")}).error().kind == ErrorKind::Conflict);
    std::vector<model::Slot> many(protocol::slotsLimit, model::Slot{});
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i].id = model::SlotId("s" + std::to_string(i));
    delta.removed.clear();
    CHECK(protocol::applied(delta, many).ok());
    delta.slots = {slot("t")};
    CHECK(protocol::applied(delta, many).error().kind == ErrorKind::InvalidInput);
}

TEST_CASE("digests of another form, and slots that are not sorted, are refused")
{
    for (const auto* member : {"base", "digest"}) {
        CHECK(refusal(member, "") == ErrorKind::InvalidInput);
        CHECK(refusal(member, std::string(64, 'A')) == ErrorKind::InvalidInput);
    }
    CHECK(refusal("removed", Json::Array{"b", "a"}) == ErrorKind::InvalidInput);
    CHECK(refusal("removed", Json::Array{"a", "a"}) == ErrorKind::InvalidInput);
    CHECK(refusal("removed", Json::Array{"../a"}) == ErrorKind::InvalidInput);
    const auto twice = protocol::toJson(slot("a"));
    CHECK(refusal("slots", Json::Array{twice, twice}) == ErrorKind::InvalidInput);
    auto json = protocol::toJson(slot("a"));
    json["warnings"] = Json::Array{"-----BEGIN PRIVATE KEY-----"};
    CHECK(refusal("slots", Json::Array{json}) == ErrorKind::PermissionDenied);
}
