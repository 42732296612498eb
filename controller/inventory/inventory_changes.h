#pragma once

#include "controller/storage/agent_store.h"
#include "controller/storage/slot_store.h"
#include "shared/model/audit_event.h"

#include <set>
#include <vector>

namespace perennial::controller {

// What an agent's report changes: pure, so that every case is a line in a table of tests.
struct InventoryChanges {
    std::vector<SlotRecord> put;
    std::vector<model::SlotId> removed;
    std::vector<model::AuditEvent> events; // discovered, changed_outside, disappeared
};

// What changes by our own doing: no surprise.
struct Expected {
    std::vector<model::Fingerprint> renewed; // that renewals have put in place
    std::set<model::SlotId> underWay; // with an open order: the agent itself says what happens
};

InventoryChanges compareInventory(const AgentRecord& agent, const std::vector<SlotRecord>& known,
    const std::vector<model::Slot>& reported, const Expected& expected, PreciseTime now);

// An event about a slot of an agent, the certificate filled in and no details. Whatever an agent
// says of its slot, the event is small enough to be written.
model::AuditEvent slotEvent(
    const AgentRecord& agent, const model::Slot& slot, const std::string& kind, PreciseTime now);

} // namespace perennial::controller
