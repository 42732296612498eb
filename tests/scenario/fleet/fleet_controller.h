#pragma once

#include "controller/scheduling/order_desk.h"

#include <map>

namespace perennial::test {

// A controller's decisions, the real ones, over records in memory that can be backed up.
class FleetController {
public:
    explicit FleetController(controller::PolicySnapshot policies) : policies_(std::move(policies))
    {
    }

    struct State {
        std::map<model::AgentId, controller::SlotRecord> slots;
        std::map<model::AgentId, TimePoint> due; // of the slot, from the real rules
        std::map<model::AgentId, std::string> digests;
        std::set<controller::SlotKey> open;
        std::map<controller::SlotKey, controller::SlotHistory> histories;
        std::map<model::OrderId, controller::OrderRecord> orders;
    };
    State backup() const { return state_; }
    void restore(State state) { state_ = std::move(state); }

    // Places the orders that are due. Who gets one.
    std::vector<model::AgentId> plan(PreciseTime now);
    std::vector<model::Order> openOrdersOf(const model::AgentId& agent) const;
    bool wantsInventory(const model::AgentId& agent, const std::string& digest) const;
    void takeInventory(const model::AgentId& agent, const model::InventoryReport& report,
        const std::string& digest, TimePoint now);
    void takeEvent(const model::AuditEvent& event, TimePoint now);

    std::size_t openOrders() const { return state_.open.size(); }
    std::map<std::string, std::size_t> ended; // orders by how they ended

private:
    controller::PolicySnapshot policies_;
    State state_;
};

} // namespace perennial::test
