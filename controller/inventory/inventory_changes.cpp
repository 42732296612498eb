#include "controller/inventory/inventory_changes.h"

#include "shared/base/encoding.h"
#include "shared/base/random.h"

#include <algorithm>
#include <map>

namespace perennial::controller {

namespace {

bool isExpected(const Expected& expected, const model::Slot& slot)
{
    const auto& renewed = expected.renewed;
    return expected.underWay.count(slot.id) != 0 ||
           std::find(renewed.begin(), renewed.end(), slot.certificate.fingerprint) != renewed.end();
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
    event.certificate = {{"serial", toPrintable(c.serial, 100)},
        {"fingerprint", c.fingerprint.text()}, {"subject", toPrintable(c.subject)},
        {"issuer", toPrintable(c.issuer)}, {"not_before", toRfc3339(c.notBefore)},
        {"not_after", toRfc3339(c.notAfter)}};
    return event;
}

InventoryChanges compareInventory(const AgentRecord& agent, const std::vector<SlotRecord>& known,
    const std::vector<model::Slot>& reported, const Expected& expected, PreciseTime now)
{
    InventoryChanges changes;
    std::map<model::SlotId, const SlotRecord*> gone;
    for (const auto& record : known)
        gone[record.slot.id] = &record;
    for (const auto& slot : reported) {
        const auto found = gone.find(slot.id);
        const auto* before = found == gone.end() ? nullptr : found->second;
        if (before != nullptr) gone.erase(found);
        const bool same = before != nullptr &&
                          before->slot.certificate.fingerprint == slot.certificate.fingerprint;
        SlotRecord record{agent.agent, slot, 1000};
        if (same) record.toldDays = before->toldDays;
        if (before == nullptr) {
            auto event = slotEvent(agent, slot, "certificate.discovered", now);
            event.details = {{"certificate_path", toPrintable(slot.place.certificatePath)},
                {"service", slot.service}};
            changes.events.push_back(std::move(event));
        } else if (!same && !isExpected(expected, slot)) {
            auto event = slotEvent(agent, slot, "certificate.changed_outside", now);
            event.details = {{"old_fingerprint", before->slot.certificate.fingerprint.text()}};
            changes.events.push_back(std::move(event));
        }
        if (before == nullptr || !(before->slot == slot)) changes.put.push_back(std::move(record));
    }
    for (const auto& [id, before] : gone) {
        changes.removed.push_back(id);
        auto event = slotEvent(agent, before->slot, "certificate.disappeared", now);
        event.details = {{"certificate_path", toPrintable(before->slot.place.certificatePath)}};
        changes.events.push_back(std::move(event));
    }
    return changes;
}

} // namespace perennial::controller
