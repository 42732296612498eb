#pragma once

#include "controller/storage/agent_store.h"
#include "controller/storage/slot_store.h"
#include "shared/model/audit_event.h"

#include <vector>

namespace perennial::controller {

// What an agent's report changes: pure, so that every case is a line in a table of tests.
struct InventoryChanges {
    std::vector<SlotRecord> put;
    std::vector<model::SlotId> removed;
    std::vector<model::AuditEvent> events; // discovered, changed_outside, disappeared
};

// `renewed`: fingerprints that our own renewals have put in place; a change to one of them is no
// surprise.
InventoryChanges compareInventory(const AgentRecord& agent, const std::vector<SlotRecord>& known,
    const std::vector<model::Slot>& reported, const std::vector<model::Fingerprint>& renewed,
    PreciseTime now);

// An event about a slot of an agent, the certificate filled in.
model::AuditEvent slotEvent(
    const AgentRecord& agent, const model::Slot& slot, const std::string& kind, PreciseTime now);

} // namespace perennial::controller
