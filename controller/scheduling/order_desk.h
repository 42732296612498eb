#pragma once

#include "controller/policy_source/policy_source.h"
#include "controller/scheduling/planner.h"
#include "shared/model/audit_event.h"

namespace perennial::controller {

// Places orders and follows how they go. An order and its event renewal.ordered are one
// transaction.
class OrderDesk {
public:
    OrderDesk(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    // What is due now. The orders placed.
    Result<std::vector<model::Order>> planAndPlace(const PolicySnapshot& policies);
    // An operator's wish, whatever the rules say. NotFound: no such slot; InvalidInput: no policy
    // rules it; Conflict: one is open.
    Result<model::Order> placeNow(const PolicySnapshot& policies, const SlotKey& slot,
        const std::string& reason, const model::Actor& actor);

private:
    sql::Database& database_;
    const Clock& clock_;
};

// What an agent's event says of its order: state, serials, message. Nothing changes when the event
// is about none, about another slot, or about an order that has ended. An agent's own renewals
// (alone, host admin) make a record of their own. Times are the agent's, as far as they lie between
// the order and `now`: a host's clock must not decide when we try again.
struct Progress {
    bool changed = false;
    bool isNew = false; // insert it instead
};
Progress applyEvent(
    const model::AuditEvent& event, const SlotRecord* slot, TimePoint now, OrderRecord& record);

} // namespace perennial::controller
