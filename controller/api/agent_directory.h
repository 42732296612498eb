#pragma once

#include "controller/storage/agent_store.h"
#include "controller/storage/order_store.h"
#include "shared/protocol/agent_messages.h"

#include <map>
#include <mutex>
#include <optional>

namespace perennial::controller {

// What check-ins are answered from: agents and their open orders, in memory. The database is the
// truth; whoever changes it there calls reload(), and check-ins themselves write nothing but what
// saveSeen() collects.
class AgentDirectory {
public:
    AgentDirectory(sql::Database& database, const Clock& clock) : database_(database), clock_(clock)
    {
    }

    Status reload();
    // After a release: the one copy that is left is whoever comes first.
    void forgetInstances(const model::AgentId& agent);
    Status saveSeen(); // last_seen and policy_commit of those that were heard since the last call

    struct Answer {
        bool known = false;
        bool revoked = false;
        bool quarantined = false;
        bool cloned = false; // this call shows that two copies of the agent run
        bool wantInventory = false;
        std::vector<model::Order> orders;
    };
    Answer checkedIn(const model::AgentId& agent, const protocol::Checkin& checkin);
    std::optional<AgentRecord> find(const model::AgentId& agent) const;
    std::vector<AgentRecord> all() const;
    std::uint64_t checkins() const;

private:
    struct Entry {
        AgentRecord record;
        std::vector<model::Order> orders;
        bool heard = false;
        std::vector<std::string> instances = {}; // that checked in; the last one is the current
        std::size_t saved = 0;                   // of them, in the database
        int returns = 0;                         // of earlier ones, since the current one came
    };

    static bool isCopy(Entry& entry, const std::string& instance);

    sql::Database& database_;
    const Clock& clock_;
    std::mutex storing_; // one reload or save at a time: an older one must not win
    mutable std::mutex mutex_;
    std::map<model::AgentId, Entry> entries_;
    bool loaded_ = false; // instances were read: from then on memory has them first
    std::uint64_t checkins_ = 0;
};

} // namespace perennial::controller
