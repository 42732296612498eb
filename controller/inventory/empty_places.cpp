#include "controller/inventory/empty_places.h"

#include "controller/storage/order_store.h"
#include "controller/storage/slot_store.h"
#include "shared/policy/wanted_places.h"

#include <algorithm>

namespace perennial::controller {

namespace {

Status countOne(sql::Session& session, const model::AgentId& agent, const model::SlotId& slot,
    EmptyPlaces& places)
{
    const auto there = slots::find(session, agent, slot);
    if (!there) return there.error();
    if (*there) return {};
    ++places.total;
    const auto failures = orders::failuresInARow(session, agent, slot);
    if (!failures) return failures.error();
    if (*failures > 0) ++places.failing;
    const auto open = orders::newest(session, {agent.text(), slot.text(), "pending"}, 1);
    if (!open) return open.error();
    if (!open->empty()) ++places.pending;
    return {};
}

} // namespace

Result<EmptyPlaces> countEmptyPlaces(
    sql::Session& session, const model::PolicySet& set, const std::vector<AgentRecord>& agents)
{
    EmptyPlaces places;
    for (const auto& agent : agents) {
        if (agent.state == "revoked") continue;
        for (const auto& slot : policy::wantedSlots(set, {agent.agent, agent.host, agent.labels})) {
            if (auto counted = countOne(session, agent.agent, slot.id, places); !counted)
                return counted.error();
        }
    }
    return places;
}

} // namespace perennial::controller
