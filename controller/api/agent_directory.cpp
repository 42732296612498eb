#include "controller/api/agent_directory.h"

#include <algorithm>

namespace perennial::controller {

namespace {

constexpr int returnsTolerated = 2;
constexpr std::size_t instancesKept = 64;
using Instances = std::map<model::AgentId, std::vector<std::string>>;

} // namespace

Status AgentDirectory::reload()
{
    const std::lock_guard storing(storing_);
    std::map<model::AgentId, Entry> fresh;
    const auto done = database_.read([&](sql::Session& session) -> Status {
        auto agents = agents::all(session);
        if (!agents) return agents.error();
        const auto orders = orders::openOnes(session);
        if (!orders) return orders.error();
        auto instances = loaded_ ? Result<Instances>(Instances()) : agents::instances(session);
        if (!instances) return instances.error();
        for (auto& agent : *agents) {
            auto& entry = fresh[agent.agent];
            entry.record = agent;
            entry.instances = std::move((*instances)[agent.agent]);
            entry.saved = entry.instances.size();
        }
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
        if (old == entries_.end()) continue;
        entry.instances = std::move(old->second.instances);
        entry.saved = old->second.saved;
        entry.returns = old->second.returns;
        if (!old->second.heard) continue;
        entry.heard = true;
        entry.record.lastSeen = old->second.record.lastSeen;
        entry.record.policyCommit = old->second.record.policyCommit;
    }
    loaded_ = true;
    entries_ = std::move(fresh);
    return {};
}

Status AgentDirectory::saveSeen()
{
    const std::lock_guard storing(storing_);
    std::vector<Entry> heard;
    {
        const std::lock_guard lock(mutex_);
        for (auto& [id, entry] : entries_) {
            if (entry.heard) heard.push_back(entry);
        }
    }
    if (heard.empty()) return {};
    const auto saved = database_.transaction([&](sql::Session& session) -> Status {
        for (const auto& entry : heard) {
            const auto& agent = entry.record;
            if (auto set =
                    agents::setSeen(session, agent.agent, agent.lastSeen, agent.policyCommit);
                !set)
                return set;
            for (auto at = entry.saved; at < entry.instances.size(); ++at) {
                if (auto added = agents::addInstance(
                        session, agent.agent, entry.instances[at], agent.lastSeen);
                    !added)
                    return added;
            }
        }
        return {};
    });
    if (!saved) return saved;
    const std::lock_guard lock(mutex_);
    for (const auto& entry : heard) {
        const auto found = entries_.find(entry.record.agent);
        if (found == entries_.end()) continue;
        found->second.heard = found->second.record.lastSeen != entry.record.lastSeen;
        // Others may have come, and the oldest gone, since.
        auto& known = found->second.instances;
        const auto at = entry.instances.empty()
                            ? known.end()
                            : std::find(known.begin(), known.end(), entry.instances.back());
        found->second.saved =
            at == known.end() ? 0 : static_cast<std::size_t>(at - known.begin()) + 1;
    }
    return {};
}

void AgentDirectory::forgetInstances(const model::AgentId& agent)
{
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(agent);
    if (found == entries_.end()) return;
    found->second.instances.clear();
    found->second.saved = 0;
    found->second.returns = 0;
}

// A process that has ended does not come back: an earlier one that is heard again runs beside the
// current one. Heard once it may have been a call that waited here while its process ended.
bool AgentDirectory::isCopy(Entry& entry, const std::string& instance)
{
    auto& known = entry.instances;
    if (!known.empty() && known.back() == instance) return false;
    if (std::find(known.begin(), known.end(), instance) != known.end())
        return ++entry.returns >= returnsTolerated;
    if (known.size() == instancesKept) {
        known.erase(known.begin());
        if (entry.saved > 0) --entry.saved;
    }
    known.push_back(instance);
    entry.returns = 0;
    return false;
}

AgentDirectory::Answer AgentDirectory::checkedIn(
    const model::AgentId& agent, const protocol::Checkin& checkin)
{
    const std::lock_guard lock(mutex_);
    ++checkins_;
    const auto found = entries_.find(agent);
    if (found == entries_.end()) return {};
    auto& entry = found->second;
    Answer answer;
    answer.known = true;
    answer.revoked = entry.record.state == "revoked";
    if (answer.revoked) return answer;
    entry.heard = true;
    entry.record.lastSeen = clock_.now();
    entry.record.policyCommit = checkin.policyCommit;
    answer.cloned = !entry.record.quarantined && isCopy(entry, checkin.instance);
    answer.quarantined = entry.record.quarantined || answer.cloned;
    if (answer.quarantined) return answer;
    const auto& digest = checkin.inventoryDigest;
    answer.wantInventory = digest.empty() || digest != entry.record.inventoryDigest;
    answer.orders = entry.orders;
    return answer;
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
