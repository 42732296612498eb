// What a report changes, and what it tells of.

#include "controller/inventory/inventory_changes.h"
#include "tests/support/controller_nouns.h"

using namespace perennial;
using namespace perennial::test;
using controller::compareInventory;
using controller::Expected;
using controller::SlotRecord;

namespace {

using Slots = std::vector<model::Slot>;
using Texts = std::vector<std::string>;

struct Case {
    std::string what;
    std::vector<SlotRecord> known;
    Slots reported;
    Expected expected;
    Texts put, removed, kinds;
};

model::Slot changed(model::Slot slot, void (*change)(model::Slot&))
{
    change(slot);
    return slot;
}

std::vector<Case> cases()
{
    const auto a = slotWith("slot-a", oneDay * 50);
    const auto b = slotWith("slot-b", oneDay * 50, fingerprintOf('b'));
    const auto other = slotWith("slot-a", oneDay * 90, fingerprintOf('e'));
    const auto reloaded = changed(a, [](model::Slot& slot) {
        slot.listeners = {{"127.0.0.1", 443, "", {}}};
    });
    const auto warned =
        changed(a, [](model::Slot& slot) { slot.warnings = {"key file is readable by others"}; });
    return {
        {"nothing known, nothing reported", {}, {}, {}, {}, {}, {}},
        {"the first report", {}, {a, b}, {}, {"slot-a", "slot-b"}, {},
            {"certificate.discovered", "certificate.discovered"}},
        {"the same again", {slotRecord(a), slotRecord(b)}, {a, b}, {}, {}, {}, {}},
        {"one more", {slotRecord(a)}, {a, b}, {}, {"slot-b"}, {}, {"certificate.discovered"}},
        {"one less", {slotRecord(a), slotRecord(b)}, {b}, {}, {}, {"slot-a"},
            {"certificate.disappeared"}},
        {"all gone", {slotRecord(a), slotRecord(b)}, {}, {}, {}, {"slot-a", "slot-b"},
            {"certificate.disappeared", "certificate.disappeared"}},
        {"another certificate", {slotRecord(a)}, {other}, {}, {"slot-a"}, {},
            {"certificate.changed_outside"}},
        {"another certificate that a renewal put there", {slotRecord(a)}, {other},
            {{fingerprintOf('e')}, {}}, {"slot-a"}, {}, {}},
        {"a renewal put another one there", {slotRecord(a)}, {other}, {{fingerprintOf('f')}, {}},
            {"slot-a"}, {}, {"certificate.changed_outside"}},
        {"another certificate while a renewal is under way", {slotRecord(a)}, {other},
            {{}, {model::SlotId("slot-a")}}, {"slot-a"}, {}, {}},
        {"a renewal of another slot is under way", {slotRecord(a)}, {other},
            {{}, {model::SlotId("slot-b")}}, {"slot-a"}, {}, {"certificate.changed_outside"}},
        {"another listener", {slotRecord(a)}, {reloaded}, {}, {"slot-a"}, {}, {}},
        {"another warning", {slotRecord(a)}, {warned}, {}, {"slot-a"}, {}, {}},
        {"one goes, one comes, one changes", {slotRecord(a), slotRecord(b)},
            {other, slotWith("slot-c", oneDay)}, {}, {"slot-a", "slot-c"}, {"slot-b"},
            {"certificate.changed_outside", "certificate.discovered", "certificate.disappeared"}},
    };
}

} // namespace

TEST_CASE("a report is compared with what was known")
{
    for (const auto& one : cases()) {
        INFO(one.what);
        const auto changes =
            compareInventory(agentRecord(), one.known, one.reported, one.expected, today);
        Texts put, removed, kinds;
        for (const auto& record : changes.put) {
            CHECK(record.agent == model::AgentId("agent-1"));
            put.push_back(record.slot.id.text());
        }
        for (const auto& slot : changes.removed)
            removed.push_back(slot.text());
        for (const auto& event : changes.events) {
            kinds.push_back(event.kind);
            CHECK(event.agentId == "agent-1");
            CHECK(event.host == "web1.example.test");
            CHECK(undocumentedDetails(event).empty());
            CHECK(model::toJson(event).ok());
        }
        CHECK(put == one.put);
        CHECK(removed == one.removed);
        CHECK(kinds == one.kinds);
    }
}

TEST_CASE("what was told of a certificate is remembered as long as it is the same one")
{
    const auto a = slotWith("slot-a", oneDay * 5);
    auto moved = a;
    moved.service = "haproxy";
    auto changes =
        compareInventory(agentRecord(), {slotRecord(a, "agent-1", 7)}, {moved}, {}, today);
    REQUIRE(changes.put.size() == 1);
    CHECK(changes.put.front().toldDays == 7);

    const auto renewed = slotWith("slot-a", oneDay * 90, fingerprintOf('b'));
    changes = compareInventory(agentRecord(), {slotRecord(a, "agent-1", 7)}, {renewed}, {}, today);
    REQUIRE(changes.put.size() == 1);
    CHECK(changes.put.front().toldDays == 1000);
}

TEST_CASE("an event of a change says what was there and where")
{
    const auto before = slotWith("slot-a", oneDay * 5);
    const auto after = slotWith("slot-a", oneDay * 90, fingerprintOf('b'));
    const auto changes = compareInventory(agentRecord(), {slotRecord(before)}, {after}, {}, today);
    REQUIRE(changes.events.size() == 1);
    const auto& event = changes.events.front();
    CHECK(event.slotId == "slot-a");
    CHECK(event.time == PreciseTime(today));
    CHECK(event.certificate.at("fingerprint") == Json(std::string(64, 'b')));
    CHECK(event.certificate.at("not_after") == Json(toRfc3339(today + oneDay * 90)));
    CHECK(event.details.at("old_fingerprint") == Json(std::string(64, 'a')));
}

TEST_CASE("whatever an agent says of its slot, the event about it can be written")
{
    auto slot = slotWith(std::string(128, 's'), oneDay);
    slot.service = std::string(128, 'n');
    slot.place.certificatePath = "/" + std::string(4095, '"');
    for (auto* text : {&slot.certificate.serial, &slot.certificate.subject,
             &slot.certificate.issuer, &slot.certificate.displayName, &slot.certificate.keyType})
        *text = std::string(400'000, '\\');
    slot.certificate.names.assign(1000, std::string(1000, 'x'));
    slot.certificate.notAfter = TimePoint(Duration(1LL << 40U));
    auto agent = agentRecord("agent-1", std::string(253, 'h'));
    for (const auto* kind : {"renewal.ordered", "certificate.expiring", "slot.unmanaged"})
        CHECK(model::toJson(controller::slotEvent(agent, slot, kind, today)).ok());
    const auto found = compareInventory(agent, {}, {slot}, {}, today);
    REQUIRE(found.events.size() == 1);
    CHECK(model::toJson(found.events.front()).ok());
    CHECK(found.events.front().certificate.at("serial").string()->size() <= 103);
}

TEST_CASE("text from certificates is made visible in events")
{
    auto slot = slotWith("slot-a", oneDay);
    slot.certificate.subject = "CN=good\r\n<13>1 forged";
    slot.place.certificatePath = "/etc/\x1b[31mred.pem";
    const auto found = compareInventory(agentRecord(), {}, {slot}, {}, today);
    REQUIRE(found.events.size() == 1);
    CHECK(found.events.front().certificate.at("subject") ==
          Json("CN=good\\u000D\\u000A<13>1 forged"));
    CHECK(found.events.front().details.at("certificate_path") == Json("/etc/\\u001B[31mred.pem"));
}
