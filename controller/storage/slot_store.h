#pragma once

#include "shared/model/slot.h"
#include "shared/sql/database.h"

#include <vector>

namespace perennial::controller {

// A slot of an agent, as its last report had it.
struct SlotRecord {
    model::AgentId agent;
    model::Slot slot;
    int toldDays = 1000; // the smallest threshold of certificate.expiring told for this certificate
};

// Every call works inside the caller's transaction.
namespace slots {

Status put(sql::Session& session, const SlotRecord& record);
Status remove(sql::Session& session, const model::AgentId& agent, const model::SlotId& slot);
Status setToldDays(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot, int days);
Result<std::vector<SlotRecord>> ofAgent(sql::Session& session, const model::AgentId& agent);
Result<std::vector<SlotRecord>> all(sql::Session& session); // by expiry

} // namespace slots

} // namespace perennial::controller
