#include "controller/inventory/across_agents.h"

#include "controller/inventory/inventory_changes.h"
#include "controller/storage/authority_store.h"
#include "controller/storage/slot_index.h"

#include <algorithm>
#include <set>

namespace perennial::controller {

namespace {

constexpr std::size_t namesLookedAt = 100;
constexpr std::int64_t othersTold = 20;

// Those that the slot did not have before: a name is told when it comes.
std::vector<std::string> newNames(const model::Slot& slot, const SlotRecord* before)
{
    std::vector<std::string> names;
    for (const auto& name : slot.certificate.names) {
        const bool known = before != nullptr && std::find(before->slot.certificate.names.begin(),
                                                    before->slot.certificate.names.end(),
                                                    name) != before->slot.certificate.names.end();
        if (!known && names.size() < namesLookedAt) names.push_back(name);
    }
    return names;
}

Json::Array toArray(const std::set<std::string>& texts)
{
    Json::Array array;
    for (const auto& text : texts)
        array.emplace_back(toPrintable(text, 255));
    return array;
}

Result<std::optional<model::AuditEvent>> sharedNames(sql::Session& session,
    const AgentRecord& agent, const SlotRecord* before, const model::Slot& slot, PreciseTime now)
{
    if (slot.certificate.selfSigned) return std::optional<model::AuditEvent>();
    const auto others =
        slots::ofOtherAgents(session, agent.agent, newNames(slot, before), othersTold);
    if (!others) return others.error();
    if (others->empty()) return std::optional<model::AuditEvent>();
    std::set<std::string> names;
    std::set<std::string> agents;
    for (const auto& other : *others) {
        names.insert(other.name);
        agents.insert(other.agent);
    }
    auto event = slotEvent(agent, slot, "certificate.name_shared", now);
    event.outcome = model::Outcome::Unknown;
    event.reason = "another agent has a certificate with this name too";
    event.details = {{"names", toArray(names)}, {"agents", toArray(agents)}};
    return std::optional<model::AuditEvent>(std::move(event));
}

// A host that has a certificate with the name by which another one joined: it could stand in for
// it. The other one need not have such a certificate, so sharedNames() may see nothing.
Status addNamesOfHosts(sql::Session& session, const AgentRecord& agent, const SlotRecord* before,
    const model::Slot& slot, PreciseTime now, std::vector<model::AuditEvent>& events)
{
    constexpr std::string_view dns = "dns:";
    std::set<std::string> names;
    std::set<std::string> agents;
    for (const auto& name : newNames(slot, before)) {
        if (name.compare(0, dns.size(), dns) != 0) continue;
        const auto owner = agents::ofHost(session, name.substr(dns.size()));
        if (!owner) return owner.error();
        if (!*owner || (*owner)->agent == agent.agent) continue;
        names.insert(name);
        agents.insert((*owner)->agent.text());
    }
    if (names.empty()) return {};
    auto event = slotEvent(agent, slot, "certificate.foreign_name", now);
    event.outcome = model::Outcome::Unknown;
    event.reason = "another agent joined as a host of this name";
    event.details = {{"names", toArray(names)}, {"agents", toArray(agents)}};
    events.push_back(std::move(event));
    return {};
}

Status addReusedSerials(sql::Session& session, const AgentRecord& agent, const model::Slot& slot,
    PreciseTime now, std::vector<model::AuditEvent>& events)
{
    const auto others = slots::withSerialOf(session, slot.certificate);
    if (!others) return others.error();
    std::set<std::string> told; // one certificate may be in many slots
    for (const auto& other : *others) {
        if (!told.insert(other.slot.certificate.fingerprint.text()).second) continue;
        auto event = slotEvent(agent, slot, "certificate.serial_reused", now);
        event.outcome = model::Outcome::Failure;
        event.reason = "the authority gave one serial number to two certificates";
        event.details = {{"other_fingerprint", other.slot.certificate.fingerprint.text()},
            {"other_agent", other.agent.text()}};
        events.push_back(std::move(event));
    }
    return {};
}

} // namespace

Result<std::vector<model::AuditEvent>> lookAcross(sql::Session& session, const AgentRecord& agent,
    const std::vector<SlotRecord>& known, const model::Slot& slot, PreciseTime now)
{
    const auto found = std::find_if(known.begin(), known.end(),
        [&](const SlotRecord& record) { return record.slot.id == slot.id; });
    const auto* before = found == known.end() ? nullptr : &*found;
    std::vector<model::AuditEvent> events;
    const bool same =
        before != nullptr && before->slot.certificate.fingerprint == slot.certificate.fingerprint;
    if (same) return events; // told when it came
    auto named = sharedNames(session, agent, before, slot, now);
    if (!named) return named.error();
    if (*named) events.push_back(**std::move(named));
    if (auto added = addNamesOfHosts(session, agent, before, slot, now, events); !added)
        return added.error();
    if (auto added = addReusedSerials(session, agent, slot, now, events); !added)
        return added.error();
    if (slot.certificate.selfSigned) return events;
    const auto revoked = authority::revocationOf(session, slot.certificate.serial);
    if (!revoked) return revoked.error();
    if (*revoked) events.push_back(revokedEvent(agent, slot, **revoked, now));
    return events;
}

model::AuditEvent revokedEvent(
    const AgentRecord& agent, const model::Slot& slot, const std::string& reason, PreciseTime now)
{
    auto event = slotEvent(agent, slot, "certificate.revoked", now);
    event.outcome = model::Outcome::Failure;
    event.reason = "it is still in place, and a renewal by its key is refused: enrol anew";
    event.details = {{"revocation_reason", toPrintable(reason, 64)}};
    return event;
}

} // namespace perennial::controller
