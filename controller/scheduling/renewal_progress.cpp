#include "controller/scheduling/order_desk.h"

#include "shared/base/encoding.h"

#include <algorithm>
#include <array>

namespace perennial::controller {

namespace {

struct Step {
    std::string_view kind;
    std::string_view state;
    bool ends;
};

constexpr std::array steps = {
    Step{"renewal.autonomous", "accepted", false},
    Step{"renewal.accepted", "accepted", false},
    Step{"request.submitted", "submitted", false},
    Step{"request.pending", "pending", false},
    Step{"certificate.installing", "installing", false},
    Step{"renewal.completed", "completed", true},
    Step{"renewal.rolled_back", "rolled_back", true},
    Step{"renewal.abandoned", "abandoned", true},
    Step{"renewal.already_done", "already_done", true},
};

// Tell why it does not go on, and change no state by themselves.
constexpr std::array<std::string_view, 5> troubles = {"renewal.failed", "renewal.blocked",
    "renewal.preflight_failed", "request.denied", "certificate.rejected_by_agent"};

std::string textIn(const Json::Object& object, const std::string& member)
{
    const auto found = object.find(member);
    if (found == object.end() || found->second.string() == nullptr) return {};
    return toPrintable(*found->second.string(), 100);
}

std::int64_t numberIn(const Json::Object& object, const std::string& member)
{
    const auto found = object.find(member);
    return found == object.end() || found->second.integer() == nullptr ? 0
                                                                       : *found->second.integer();
}

// The agent's own renewal, heard of for the first time.
OrderRecord fromEvent(const model::AuditEvent& event, const SlotRecord* slot, TimePoint now)
{
    OrderRecord record;
    record.order.id = model::OrderId(event.correlationId);
    record.order.agent = model::AgentId(event.agentId);
    record.order.slot = model::SlotId(event.slotId);
    const auto colon = event.policy.find(':');
    record.order.policyCommit = toPrintable(event.policy.substr(0, colon), 64);
    record.order.policy =
        colon == std::string::npos ? "" : toPrintable(event.policy.substr(colon + 1), 128);
    record.order.reason = toPrintable(event.reason);
    record.order.origin = event.correlationId.rfind("host-", 0) == 0 ? model::Origin::HostAdmin
                                                                     : model::Origin::AgentAlone;
    record.order.orderedAt = std::min(std::chrono::floor<Duration>(event.time), now);
    record.order.replaces = model::Fingerprint(textIn(event.certificate, "fingerprint"));
    record.oldSerial = textIn(event.certificate, "serial");
    if (slot != nullptr) record.name = toPrintable(slot->slot.certificate.displayName, 255);
    return record;
}

} // namespace

Progress applyEvent(
    const model::AuditEvent& event, const SlotRecord* slot, TimePoint now, OrderRecord& record)
{
    Progress progress;
    // They become keys in the database and parts of addresses.
    if (!model::isSafeIdentifier(event.correlationId) || !model::isSafeIdentifier(event.slotId))
        return progress;
    const bool unknown = record.order.id.empty();
    if (unknown) {
        if (event.kind != "renewal.autonomous") return progress;
        record = fromEvent(event, slot, now);
        progress.isNew = true;
    }
    if (!record.open || record.order.slot.text() != event.slotId) return progress;
    const auto when =
        std::min(std::max(std::chrono::floor<Duration>(event.time), record.order.orderedAt), now);
    if (std::find(troubles.begin(), troubles.end(), event.kind) != troubles.end()) {
        record.message = toPrintable(event.reason);
        record.updatedAt = when;
        progress.changed = true;
    }
    if (event.kind == "key.generated") {
        record.newKey = textIn(event.details, "public_key_sha256");
        progress.changed = true;
    }
    for (const auto& step : steps) {
        if (step.kind != event.kind) continue;
        record.state = step.state;
        record.open = !step.ends;
        record.updatedAt = when;
        record.message = toPrintable(event.reason);
        if (step.kind == "certificate.installing" || step.kind == "renewal.completed")
            record.newSerial = textIn(event.certificate, "serial");
        if (step.kind == "renewal.completed")
            record.milliseconds = numberIn(event.details, "milliseconds");
        progress.changed = true;
    }
    return progress;
}

} // namespace perennial::controller
