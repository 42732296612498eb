#pragma once

#include "controller/storage/agent_store.h"
#include "controller/storage/slot_store.h"
#include "shared/model/audit_event.h"

#include <vector>

namespace perennial::controller {

// What a certificate that appears in a slot, or a change of it, says together with what other
// slots hold and what the enrolment service told: names that another agent has too, a serial
// number that was given twice, a certificate that is revoked. Events for the caller's transaction.
Result<std::vector<model::AuditEvent>> lookAcross(sql::Session& session, const AgentRecord& agent,
    const std::vector<SlotRecord>& known, const model::Slot& slot, PreciseTime now);

// Of a slot whose certificate is revoked.
model::AuditEvent revokedEvent(
    const AgentRecord& agent, const model::Slot& slot, const std::string& reason, PreciseTime now);

} // namespace perennial::controller
