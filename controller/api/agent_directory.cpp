#include "controller/api/agent_directory.h"

namespace perennial::controller {

Status AgentDirectory::reload()
{
    std::map<model::AgentId, Entry> fresh;
    const auto done = database_.read([&](sql::Session& session) -> Status {
        auto agents = agents::all(session);
        if (!agents) return agents.error();
        const auto orders = orders::openOnes(session);
        if (!orders) return orders.error();
        for (auto& agent : *agents)
            fresh[agent.agent] = {agent, {}, false};
        for (const auto& record : *orders) {
            const auto found = fresh.find(record.order.agent);
            // What the agent began by itself needs no order.
            if (found != fresh.end() && record.order.origin == model::Origin::Controller)
                found->second.orders.push_back(record.order);
        }
        return {};
    });
    if (!done) return done;
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : fresh) {
        const auto old = entries_.find(id);
        if (old == entries_.end() || !old->second.heard) continue;
        entry.heard = true;
        entry.record.lastSeen = old->second.record.lastSeen;
        entry.record.policyCommit = old->second.record.policyCommit;
    }
    entries_ = std::move(fresh);
    return {};
}

Status AgentDirectory::saveSeen()
{
    std::vector<AgentRecord> heard;
    {
        const std::lock_guard lock(mutex_);
        for (auto& [id, entry] : entries_) {
            if (!entry.heard) continue;
            entry.heard = false;
            heard.push_back(entry.record);
        }
    }
    if (heard.empty()) return {};
    return database_.transaction([&](sql::Session& session) -> Status {
        for (const auto& agent : heard) {
            if (auto set =
                    agents::setSeen(session, agent.agent, agent.lastSeen, agent.policyCommit);
                !set)
                return set;
        }
        return {};
    });
}

AgentDirectory::Answer AgentDirectory::checkedIn(const model::AgentId& agent,
    const std::string& inventoryDigest, const std::string& policyCommit)
{
    const std::lock_guard lock(mutex_);
    ++checkins_;
    const auto found = entries_.find(agent);
    if (found == entries_.end()) return {};
    auto& entry = found->second;
    if (entry.record.state == "revoked") return {true, true, false, {}};
    entry.heard = true;
    entry.record.lastSeen = clock_.now();
    entry.record.policyCommit = policyCommit;
    return {true, false, inventoryDigest != entry.record.inventoryDigest || inventoryDigest.empty(),
        entry.orders};
}

std::optional<AgentRecord> AgentDirectory::find(const model::AgentId& agent) const
{
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(agent);
    if (found == entries_.end()) return std::nullopt;
    return found->second.record;
}

std::vector<AgentRecord> AgentDirectory::all() const
{
    const std::lock_guard lock(mutex_);
    std::vector<AgentRecord> records;
    for (const auto& [id, entry] : entries_)
        records.push_back(entry.record);
    return records;
}

std::uint64_t AgentDirectory::checkins() const
{
    const std::lock_guard lock(mutex_);
    return checkins_;
}

} // namespace perennial::controller
