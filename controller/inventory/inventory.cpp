#include "controller/inventory/inventory.h"

#include "controller/audit/audit_outbox.h"
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

// What renewals put in place: told in renewal.completed, so the report's change is expected.
Result<std::vector<model::Fingerprint>> renewedOn(
    sql::Session& session, const model::AgentId& agent)
{
    const auto rows = session.query(
        "SELECT value FROM settings WHERE name LIKE ?", {"renewed/" + agent.text() + "/%"});
    if (!rows) return rows.error();
    std::vector<model::Fingerprint> found;
    for (const auto& row : *rows)
        found.emplace_back(row.text(0));
    return found;
}

} // namespace

Result<std::string> Inventory::take(
    const model::AgentId& agent, const model::InventoryReport& report)
{
    const auto digest = protocol::inventoryDigest(report);
    const auto now = clock_.preciseNow();
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto record = agents::find(session, agent);
        if (!record) return record.error();
        if (!*record) return Error{ErrorKind::NotFound, "no such agent"};
        const auto known = slots::ofAgent(session, agent);
        if (!known) return known.error();
        const auto renewed = renewedOn(session, agent);
        if (!renewed) return renewed.error();
        const auto changes = compareInventory(**record, *known, report.slots, *renewed, now);
        for (const auto& slot : changes.put) {
            if (auto put = slots::put(session, slot); !put) return put;
        }
        for (const auto& slot : changes.removed) {
            if (auto removed = slots::remove(session, agent, slot); !removed) return removed;
        }
        if (auto set = agents::setInventoryDigest(session, agent, digest); !set) return set;
        return addEvents(session, changes.events);
    });
    if (!done) return done.error();
    return digest;
}

Result<int> Inventory::tellOfExpiry()
{
    int told = 0;
    const auto now = clock_.preciseNow();
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto rows = session.query("SELECT COUNT(*) FROM slots WHERE not_after < ?",
            {(clock_.now() + std::chrono::hours(24 * 31)).time_since_epoch().count()});
        if (!rows) return rows.error();
        if (rows->front().integer(0) == 0) return {};
        const auto records = slots::all(session);
        if (!records) return records.error();
        for (const auto& record : *records) {
            const auto days = expiryAlertFor(record, clock_.now());
            if (!days) continue;
            const auto agent = agents::find(session, record.agent);
            if (!agent) return agent.error();
            auto event = slotEvent((*agent).value_or(AgentRecord{}), record.slot,
                *days == 0 ? "certificate.expired" : "certificate.expiring", now);
            event.outcome = model::Outcome::Unknown;
            event.details["threshold_days"] = *days;
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
