#pragma once

#include "controller/storage/agent_store.h"
#include "shared/protocol/agent_messages.h"
#include "shared/sql/database.h"

namespace perennial::controller {

// Takes agents' events into the audit log and follows their renewals: one transaction a batch.
class EventIntake {
public:
    EventIntake(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    struct Taken {
        std::int64_t acknowledged = 0; // up to which number they are ours
        bool renewalsChanged = false;
    };
    // Events already taken are passed over; a gap in the numbers, and numbers that begin anew, are
    // told (agent.seq_gap), not refused: what is there is better than nothing. Who speaks and from
    // where is not believed from the message. InvalidInput when an event is not this agent's.
    Result<Taken> take(
        const AgentRecord& agent, const protocol::EventBatch& batch, const std::string& address);

private:
    Result<std::int64_t> beginOf(
        sql::Session& session, const AgentRecord& agent, const protocol::EventBatch& batch) const;
    Result<bool> follow(
        sql::Session& session, const AgentRecord& agent, const model::AuditEvent& event);

    sql::Database& database_;
    const Clock& clock_;
};

} // namespace perennial::controller
