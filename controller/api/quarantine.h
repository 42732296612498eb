#pragma once

#include "controller/api/agent_directory.h"
#include "shared/model/audit_event.h"

namespace perennial::controller {

// Agents of which two copies were heard: nothing is ordered from them and nothing taken, until an
// operator says that one copy is left.
class Quarantine {
public:
    Quarantine(sql::Database& database, AgentDirectory& directory, const Clock& clock)
        : database_(database), directory_(directory), clock_(clock)
    {
    }

    // Happens once, however many calls see it.
    Status begin(const model::AgentId& agent, const std::string& address);
    // NotFound for an agent that is unknown or not in quarantine.
    Status end(const model::AgentId& agent, const model::Actor& who);

private:
    Status tell(sql::Session& session, const AgentRecord& agent, const std::string& kind,
        const model::Actor& who, const std::string& reason);

    sql::Database& database_;
    AgentDirectory& directory_;
    const Clock& clock_;
};

} // namespace perennial::controller
