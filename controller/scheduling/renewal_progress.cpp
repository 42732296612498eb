#include "controller/scheduling/order_desk.h"

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

std::string textIn(const Json::Object& object, const std::string& member)
{
    const auto found = object.find(member);
    return found == object.end() || found->second.string() == nullptr ? ""
                                                                      : *found->second.string();
}

std::int64_t numberIn(const Json::Object& object, const std::string& member)
{
    const auto found = object.find(member);
    return found == object.end() || found->second.integer() == nullptr ? 0
                                                                       : *found->second.integer();
}

// The agent's own renewal, heard of for the first time.
OrderRecord fromEvent(const model::AuditEvent& event, const SlotRecord* slot)
{
    OrderRecord record;
    record.order.id = model::OrderId(event.correlationId);
    record.order.agent = model::AgentId(event.agentId);
    record.order.slot = model::SlotId(event.slotId);
    const auto colon = event.policy.find(':');
    record.order.policyCommit = event.policy.substr(0, colon);
    record.order.policy = colon == std::string::npos ? "" : event.policy.substr(colon + 1);
    record.order.reason = event.reason;
    record.order.origin = event.correlationId.rfind("host-", 0) == 0 ? model::Origin::HostAdmin
                                                                     : model::Origin::AgentAlone;
    record.order.orderedAt = std::chrono::floor<Duration>(event.time);
    record.order.replaces = model::Fingerprint(textIn(event.certificate, "fingerprint"));
    record.oldSerial = textIn(event.certificate, "serial");
    if (slot != nullptr) record.name = slot->slot.certificate.displayName;
    return record;
}

} // namespace

Progress applyEvent(const model::AuditEvent& event, const SlotRecord* slot, OrderRecord& record)
{
    Progress progress;
    if (event.correlationId.empty()) return progress;
    const bool unknown = record.order.id.empty();
    if (unknown) {
        if (event.kind != "renewal.autonomous") return progress;
        record = fromEvent(event, slot);
        progress.isNew = true;
    }
    if (!record.open) return progress;
    if (event.kind == "renewal.failed") {
        record.message = event.reason;
        record.updatedAt = std::chrono::floor<Duration>(event.time);
        progress.changed = true;
    }
    for (const auto& step : steps) {
        if (step.kind != event.kind) continue;
        record.state = step.state;
        record.open = !step.ends;
        record.updatedAt = std::chrono::floor<Duration>(event.time);
        record.message = event.reason;
        if (step.kind == "certificate.installing" || step.kind == "renewal.completed")
            record.newSerial = textIn(event.certificate, "serial");
        if (step.kind == "renewal.completed")
            record.milliseconds = numberIn(event.details, "milliseconds");
        progress.changed = true;
    }
    return progress;
}

} // namespace perennial::controller
