#include "controller/inventory/inventory.h"

#include "controller/audit/audit_outbox.h"
#include "controller/inventory/across_agents.h"
#include "controller/inventory/expiry_alerts.h"
#include "controller/storage/order_store.h"

namespace perennial::controller {

namespace {

Status addEvents(sql::Session& session, const std::vector<model::AuditEvent>& events)
{
    for (const auto& event : events) {
        if (auto added = AuditOutbox::add(session, event); !added) return added;
    }
    return {};
}

// What renewals put in place was told in renewal.completed.
Result<Expected> expectedOn(sql::Session& session, const model::AgentId& agent)
{
    const auto begin = "renewed/" + agent.text();
    const auto rows = session.query("SELECT value FROM settings WHERE name > ? AND name < ?",
        {begin + "/", begin + "0"}); // '0' comes after '/'
    if (!rows) return rows.error();
    Expected expected;
    for (const auto& row : *rows)
        expected.renewed.emplace_back(row.text(0));
    const auto open = orders::openOf(session, agent);
    if (!open) return open.error();
    for (const auto& record : *open)
        expected.underWay.insert(record.order.slot);
    return expected;
}

} // namespace

Status Inventory::take(
    const model::AgentId& agent, const std::string& digest, const Reported& reported)
{
    const auto now = clock_.preciseNow();
    return database_.transaction([&](sql::Session& session) -> Status {
        const auto record = agents::find(session, agent);
        if (!record) return record.error();
        if (!*record) return Error{ErrorKind::NotFound, "no such agent"};
        const auto known = slots::ofAgent(session, agent);
        if (!known) return known.error();
        const auto expected = expectedOn(session, agent);
        if (!expected) return expected.error();
        const auto slots = reported(**record, *known);
        if (!slots) return slots.error();
        const auto changes = compareInventory(**record, *known, *slots, *expected, now);
        for (const auto& slot : changes.put) {
            const auto found = lookAcross(session, **record, *known, slot.slot, now);
            if (!found) return found.error();
            if (auto added = addEvents(session, *found); !added) return added;
            if (auto put = slots::put(session, slot); !put) return put;
        }
        for (const auto& slot : changes.removed) {
            if (auto removed = slots::remove(session, agent, slot); !removed) return removed;
        }
        if (auto set = agents::setInventoryDigest(session, agent, digest); !set) return set;
        return addEvents(session, changes.events);
    });
}

Result<std::string> Inventory::take(
    const model::AgentId& agent, const model::InventoryReport& report)
{
    auto digest = protocol::inventoryDigest(report);
    const auto done = take(
        agent, digest, [&](const AgentRecord&, const Known&) -> Result<std::vector<model::Slot>> {
            return report.slots;
        });
    if (!done) return done.error();
    return digest;
}

Result<std::string> Inventory::take(
    const model::AgentId& agent, const protocol::InventoryDelta& delta)
{
    const auto done = take(agent, delta.digest,
        [&](const AgentRecord& record, const Known& known) -> Result<std::vector<model::Slot>> {
            if (record.inventoryDigest != delta.base)
                return Error{ErrorKind::Conflict, "the changes are to another inventory"};
            model::InventoryReport report;
            for (const auto& slot : known)
                report.slots.push_back(slot.slot);
            auto slots = protocol::applied(delta, std::move(report.slots));
            if (!slots) return slots;
            report.slots = *std::move(slots);
            if (protocol::inventoryDigest(report) != delta.digest)
                return Error{ErrorKind::Conflict, "the changes do not lead to their digest"};
            return std::move(report.slots);
        });
    if (!done) return done.error();
    return delta.digest;
}

Result<int> Inventory::tellOfExpiry()
{
    int told = 0;
    const auto now = clock_.preciseNow();
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto records = slots::notToldOf(session, expiryThresholds(clock_.now()));
        if (!records) return records.error();
        for (const auto& record : *records) {
            const auto days = expiryAlertFor(record, clock_.now());
            if (!days) continue;
            const auto agent = agents::find(session, record.agent);
            if (!agent) return agent.error();
            auto event = slotEvent((*agent).value_or(AgentRecord{}), record.slot,
                *days == 0 ? "certificate.expired" : "certificate.expiring", now);
            event.outcome = model::Outcome::Unknown;
            const auto left = record.slot.certificate.notAfter - clock_.now();
            if (*days > 0)
                event.details = {{"days_left", std::chrono::ceil<std::chrono::days>(left).count()}};
            if (auto added = AuditOutbox::add(session, event); !added) return added;
            if (auto set = slots::setToldDays(session, record.agent, record.slot.id, *days); !set)
                return set;
            ++told;
        }
        return {};
    });
    if (!done) return done.error();
    return told;
}

} // namespace perennial::controller
