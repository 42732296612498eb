#pragma once

#include "controller/inventory/inventory_changes.h"
#include "shared/protocol/agent_messages.h"

namespace perennial::controller {

// Takes agents' reports and tells of certificates near their end. Each call is one transaction,
// with its events.
class Inventory {
public:
    Inventory(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    // The digest that the agent's next check-ins will name.
    Result<std::string> take(const model::AgentId& agent, const model::InventoryReport& report);
    // How many alerts were written.
    Result<int> tellOfExpiry();

private:
    sql::Database& database_;
    const Clock& clock_;
};

} // namespace perennial::controller
