#pragma once

#include "controller/inventory/inventory_changes.h"
#include "shared/protocol/agent_messages.h"
#include "shared/protocol/inventory_delta.h"

#include <functional>

namespace perennial::controller {

// Takes agents' reports and tells of certificates near their end. Each call is one transaction,
// with its events.
class Inventory {
public:
    Inventory(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    // The digest that the agent's next check-ins will name.
    Result<std::string> take(const model::AgentId& agent, const model::InventoryReport& report);
    // The same from what changed. Conflict: it changes something else than what is held here.
    Result<std::string> take(const model::AgentId& agent, const protocol::InventoryDelta& delta);
    // How many alerts were written.
    Result<int> tellOfExpiry();

private:
    using Known = std::vector<SlotRecord>;
    using Reported =
        std::function<Result<std::vector<model::Slot>>(const AgentRecord&, const Known&)>;
    Status take(const model::AgentId& agent, const std::string& digest, const Reported& reported);

    sql::Database& database_;
    const Clock& clock_;
};

} // namespace perennial::controller
