// How an order goes, told by the agent's events.

#include "controller/scheduling/order_desk.h"
#include "tests/support/controller_nouns.h"

using namespace perennial;
using namespace perennial::test;
using controller::applyEvent;
using controller::OrderRecord;

namespace {

constexpr Duration minute{60};

OrderRecord ordered()
{
    OrderRecord record;
    record.order.id = model::OrderId("0198c6d2-1b2c-7abc-8def-0123456789ac");
    record.order.agent = model::AgentId("agent-1");
    record.order.slot = model::SlotId("slot-a");
    record.order.replaces = fingerprintOf('a');
    record.order.orderedAt = today;
    record.updatedAt = today;
    record.oldSerial = "0A1B2C";
    return record;
}

model::AuditEvent told(
    const std::string& kind, const std::string& order = "0198c6d2-1b2c-7abc-8def-0123456789ac")
{
    model::AuditEvent event;
    event.kind = kind;
    event.time = today + minute;
    event.agentId = "agent-1";
    event.slotId = "slot-a";
    event.correlationId = order;
    event.policy = std::string(40, 'c') + ":web";
    event.reason = "because";
    event.certificate = {{"serial", "00FF"}, {"fingerprint", std::string(64, 'b')}};
    event.details = {{"milliseconds", 1234}};
    return event;
}

const TimePoint now = today + minute * 2;

} // namespace

TEST_CASE("each kind of event moves an order on, or does not")
{
    struct Case {
        const char* kind;
        bool changed;
        const char* state;
        bool open;
        const char* newSerial;
    };
    const Case cases[] = {
        {"renewal.autonomous", true, "accepted", true, ""},
        {"renewal.accepted", true, "accepted", true, ""},
        {"request.submitted", true, "submitted", true, ""},
        {"request.pending", true, "pending", true, ""},
        {"certificate.installing", true, "installing", true, "00FF"},
        {"renewal.completed", true, "completed", false, "00FF"},
        {"renewal.rolled_back", true, "rolled_back", false, ""},
        {"renewal.abandoned", true, "abandoned", false, ""},
        {"renewal.already_done", true, "already_done", false, ""},
        // These tell why, and change nothing else.
        {"renewal.failed", true, "ordered", true, ""},
        {"renewal.blocked", true, "ordered", true, ""},
        {"renewal.preflight_failed", true, "ordered", true, ""},
        {"request.denied", true, "ordered", true, ""},
        {"certificate.rejected_by_agent", true, "ordered", true, ""},
    };
    for (const auto& one : cases) {
        INFO(one.kind);
        auto record = ordered();
        const auto progress = applyEvent(told(one.kind), nullptr, now, record);
        CHECK(progress.changed == one.changed);
        CHECK(!progress.isNew);
        CHECK(record.state == one.state);
        CHECK(record.open == one.open);
        CHECK(record.newSerial == one.newSerial);
        CHECK(record.oldSerial == "0A1B2C");
        CHECK(record.message == "because");
        CHECK(record.updatedAt == today + minute);
        CHECK(record.milliseconds == (std::string(one.kind) == "renewal.completed" ? 1234 : 0));
    }
    for (const auto kind : model::eventKinds) {
        const bool inTable = std::any_of(
            std::begin(cases), std::end(cases), [&](const Case& one) { return one.kind == kind; });
        if (inTable || kind == "key.generated") continue;
        INFO(kind);
        auto record = ordered();
        CHECK(!applyEvent(told(std::string(kind)), nullptr, now, record).changed);
        CHECK(record.state == "ordered");
        CHECK(record.message.empty());
    }
}

TEST_CASE("an order knows the key that was made for it, and nothing else changes with it")
{
    auto record = ordered();
    auto event = told("key.generated");
    event.details = {{"public_key_sha256", std::string(64, 'f')}};
    CHECK(applyEvent(event, nullptr, now, record).changed);
    CHECK(record.newKey == std::string(64, 'f'));
    CHECK(record.state == "ordered");
    CHECK(record.message.empty());
    event.slotId = "another-slot";
    event.details = {{"public_key_sha256", std::string(64, 'e')}};
    CHECK_FALSE(applyEvent(event, nullptr, now, record).changed);
    CHECK(record.newKey == std::string(64, 'f'));
}

TEST_CASE("an order that has ended stays as it ended")
{
    for (const auto* end : {"completed", "rolled_back", "abandoned", "already_done"}) {
        for (const auto kind : model::eventKinds) {
            auto record = ordered();
            record.open = false;
            record.state = end;
            CHECK(!applyEvent(told(std::string(kind)), nullptr, now, record).changed);
            CHECK(record.state == end);
            CHECK(!record.open);
        }
    }
}

TEST_CASE("an event of another slot does not move the order")
{
    auto record = ordered();
    auto event = told("renewal.completed");
    event.slotId = "slot-b";
    CHECK(!applyEvent(event, nullptr, now, record).changed);
    CHECK(record.open);
}

TEST_CASE("the agent's own renewal makes a record of its own")
{
    for (const auto& [id, origin] : {std::pair{"alone-0198c6d2", model::Origin::AgentAlone},
             std::pair{"host-0198c6d2", model::Origin::HostAdmin}}) {
        OrderRecord record;
        const auto slot = slotRecord(slotWith("slot-a", oneDay));
        const auto progress = applyEvent(told("renewal.autonomous", id), &slot, now, record);
        CHECK(progress.changed);
        CHECK(progress.isNew);
        CHECK(record.order.id.text() == id);
        CHECK(record.order.agent.text() == "agent-1");
        CHECK(record.order.slot.text() == "slot-a");
        CHECK(record.order.origin == origin);
        CHECK(record.order.policy == "web");
        CHECK(record.order.policyCommit == std::string(40, 'c'));
        CHECK(record.order.replaces == fingerprintOf('b'));
        CHECK(record.order.orderedAt == today + minute);
        CHECK(record.oldSerial == "00FF");
        CHECK(record.name == "web1.example.test");
        CHECK(record.state == "accepted");
        CHECK(record.open);
    }
}

TEST_CASE(
    "only renewal.autonomous begins one; everything else about an unknown order changes nothing")
{
    for (const auto kind : model::eventKinds) {
        if (kind == "renewal.autonomous") continue;
        OrderRecord record;
        const auto progress =
            applyEvent(told(std::string(kind), "alone-0198c6d2"), nullptr, now, record);
        CHECK(!progress.changed);
        CHECK(!progress.isNew);
    }
}

TEST_CASE("names that could not be used as such begin nothing")
{
    for (const auto* bad : {"", "a/b", "../x", "a b", "a\nb", "-x"}) {
        OrderRecord record;
        CHECK(!applyEvent(told("renewal.autonomous", bad), nullptr, now, record).changed);
        auto event = told("renewal.autonomous", "alone-1");
        event.slotId = bad;
        CHECK(!applyEvent(event, nullptr, now, record).changed);
        CHECK(record.order.id.empty());
    }
}

TEST_CASE("a host's clock does not decide when the controller tries again")
{
    struct Case {
        Duration shift;
        TimePoint expected;
    };
    const Case cases[] = {
        {minute, today + minute}, {-oneDay, today}, // before the order: at the order
        {-oneDay * 20'000, today},                  // 1970
        {oneDay * 30'000, now},                     // 2108
    };
    for (const auto& one : cases) {
        INFO(one.shift.count());
        auto event = told("renewal.abandoned");
        event.time = PreciseTime(today + one.shift);
        auto record = ordered();
        CHECK(applyEvent(event, nullptr, now, record).changed);
        CHECK(record.updatedAt == one.expected);

        event = told("renewal.autonomous", "alone-1");
        event.time = PreciseTime(today + one.shift);
        OrderRecord own;
        CHECK(applyEvent(event, nullptr, now, own).isNew);
        CHECK(own.order.orderedAt <= now);
        CHECK(own.updatedAt <= now);
    }
}

TEST_CASE("what an agent tells is kept short and printable")
{
    auto event = told("renewal.autonomous", "alone-1");
    event.reason = std::string(10'000, 'r') + "\x1b[31m";
    event.policy = std::string(300, 'c') + ":" + std::string(300, 'p') + "\n";
    event.certificate = {{"serial", std::string(10'000, 'F')}, {"fingerprint", 7}};
    OrderRecord record;
    CHECK(applyEvent(event, nullptr, now, record).isNew);
    CHECK(record.order.reason.size() <= 1027);
    CHECK(record.order.policyCommit.size() <= 67);
    CHECK(record.order.policy.size() <= 131);
    CHECK(record.oldSerial.size() <= 103);
    CHECK(record.order.replaces.empty());
    event.kind = "renewal.failed";
    event.reason = "two\nlines";
    CHECK(applyEvent(event, nullptr, now, record).changed);
    CHECK(record.message == "two\\u000Alines");
}
