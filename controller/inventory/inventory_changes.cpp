#include "controller/inventory/inventory_changes.h"

#include "shared/base/encoding.h"
#include "shared/base/random.h"

#include <algorithm>

namespace perennial::controller {

namespace {

const SlotRecord* findSlot(const std::vector<SlotRecord>& known, const model::SlotId& id)
{
    const auto found = std::find_if(
        known.begin(), known.end(), [&](const SlotRecord& record) { return record.slot.id == id; });
    return found == known.end() ? nullptr : &*found;
}

} // namespace

model::AuditEvent slotEvent(
    const AgentRecord& agent, const model::Slot& slot, const std::string& kind, PreciseTime now)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = kind;
    event.time = now;
    event.actor = {"controller", "", "", ""};
    event.agentId = agent.agent.text();
    event.host = toPrintable(agent.host, 255);
    event.slotId = slot.id.text();
    const auto& c = slot.certificate;
    event.certificate = {{"serial", c.serial}, {"fingerprint", c.fingerprint.text()},
        {"subject", toPrintable(c.subject)}, {"issuer", toPrintable(c.issuer)},
        {"not_before", toRfc3339(c.notBefore)}, {"not_after", toRfc3339(c.notAfter)}};
    event.details = {{"certificate_path", toPrintable(slot.place.certificatePath)},
        {"service", toPrintable(slot.service, 100)}};
    return event;
}

InventoryChanges compareInventory(const AgentRecord& agent, const std::vector<SlotRecord>& known,
    const std::vector<model::Slot>& reported, const std::vector<model::Fingerprint>& renewed,
    PreciseTime now)
{
    InventoryChanges changes;
    for (const auto& slot : reported) {
        const auto* before = findSlot(known, slot.id);
        const auto& fingerprint = slot.certificate.fingerprint;
        const bool same = before != nullptr && before->slot.certificate.fingerprint == fingerprint;
        SlotRecord record{agent.agent, slot, 1000};
        if (same) record.toldDays = before->toldDays;
        if (before == nullptr) {
            changes.events.push_back(slotEvent(agent, slot, "certificate.discovered", now));
        } else if (!same &&
                   std::find(renewed.begin(), renewed.end(), fingerprint) == renewed.end()) {
            auto event = slotEvent(agent, slot, "certificate.changed_outside", now);
            event.details["replaced_serial"] = before->slot.certificate.serial;
            changes.events.push_back(std::move(event));
        }
        if (before == nullptr || !(before->slot == slot)) changes.put.push_back(std::move(record));
    }
    for (const auto& record : known) {
        const bool there = std::any_of(reported.begin(), reported.end(),
            [&](const model::Slot& slot) { return slot.id == record.slot.id; });
        if (there) continue;
        changes.removed.push_back(record.slot.id);
        changes.events.push_back(slotEvent(agent, record.slot, "certificate.disappeared", now));
    }
    return changes;
}

} // namespace perennial::controller
