#pragma once

#include "controller/policy_source/policy_source.h"
#include "controller/storage/agent_store.h"
#include "controller/storage/order_store.h"
#include "controller/storage/slot_store.h"

#include <map>
#include <set>
#include <vector>

namespace perennial::controller {

using SlotKey = std::pair<model::AgentId, model::SlotId>;
using AgentsById = std::map<model::AgentId, AgentRecord>;

// How earlier orders of a slot went.
struct SlotHistory {
    int failuresInARow = 0;
    TimePoint lastEnded;
    std::int64_t completed = 0;
    model::Fingerprint lastReplaced; // by a renewal that ended well, or that found it replaced
};

// Everything the plan depends on, gathered beforehand.
struct PlanInput {
    const PolicySnapshot& policies;
    const AgentsById& agents;
    const std::vector<SlotRecord>& slots;
    const std::set<SlotKey>& open; // slots with an open order
    const std::map<SlotKey, SlotHistory>& histories;
};

struct PlannedOrder {
    SlotKey slot;
    const model::Slot* what;
    const model::CertificatePolicy* policy;
    std::string reason;
    std::int64_t generation;
};

// The orders that are due now: pure, and planning twice places one, because the first one is open
// then. Revoked agents get none. After a failure the next order waits an hour, doubling up to a
// day, but never longer than a quarter of the time that is left.
std::vector<PlannedOrder> planOrders(const PlanInput& input, TimePoint now);

// When the certificate will be renewed if nothing else happens.
TimePoint plannedRenewal(
    const model::Slot& slot, const model::CertificatePolicy& policy, TimePoint now);

} // namespace perennial::controller
