#include "controller/api/event_intake.h"

#include "controller/audit/audit_outbox.h"
#include "controller/scheduling/order_desk.h"
#include "controller/storage/access_store.h"
#include "shared/base/random.h"

#include <algorithm>
#include <array>

namespace perennial::controller {

namespace {

// What an agent may tell of. Everything else would be the controller's or an operator's to say.
constexpr std::array agentKinds = {"key.", "request.", "renewal.", "certificate.installed",
    "certificate.installing", "certificate.issued", "certificate.rejected_by_agent",
    "certificate.changed_outside", "policy.applied", "policy.rejected", "policy.expired", "scan."};

bool mayTell(const model::AuditEvent& event)
{
    if (event.kind == "renewal.ordered") return false;
    return std::any_of(agentKinds.begin(), agentKinds.end(),
        [&](const char* prefix) { return event.kind.rfind(prefix, 0) == 0; });
}

model::AuditEvent gapEvent(
    const AgentRecord& agent, std::int64_t expected, std::int64_t got, PreciseTime now)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = "agent.seq_gap";
    event.time = now;
    event.actor = {"controller", "", "", ""};
    event.outcome = model::Outcome::Failure;
    event.agentId = agent.agent.text();
    event.host = toPrintable(agent.host, 255);
    event.reason = "the agent's events do not follow one another";
    event.details = {{"expected", expected}, {"got", got}};
    return event;
}

Result<std::optional<SlotRecord>> slotOf(
    sql::Session& session, const model::AgentId& agent, const std::string& slotId)
{
    const auto records = slots::ofAgent(session, agent);
    if (!records) return records.error();
    for (const auto& record : *records) {
        if (record.slot.id.text() == slotId) return std::optional<SlotRecord>(record);
    }
    return std::optional<SlotRecord>();
}

// The agent went alone while an order was on its way: its own renewal is the one that counts.
Status closeOthers(sql::Session& session, const OrderRecord& own)
{
    const auto open = orders::openOnes(session);
    if (!open) return open.error();
    for (auto record : *open) {
        if (record.order.agent != own.order.agent || record.order.slot != own.order.slot) continue;
        record.open = false;
        record.state = "already_done";
        record.message = "the agent renews on its own: " + own.order.id.text();
        record.updatedAt = own.updatedAt;
        if (auto updated = orders::update(session, record); !updated) return updated;
    }
    return {};
}

} // namespace

Result<EventIntake::Taken> EventIntake::take(
    const AgentRecord& agent, const protocol::EventBatch& batch)
{
    for (const auto& event : batch.events) {
        const bool own = event.agentId == agent.agent.text() && event.agentEpoch == batch.epoch;
        if (!own || !mayTell(event))
            return Error{ErrorKind::InvalidInput, "event " + toPrintable(event.id, 64) + " (" +
                                                      toPrintable(event.kind, 64) +
                                                      ") is not this agent's to tell"};
    }
    Taken taken;
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto record = agents::find(session, agent.agent);
        if (!record) return record.error();
        if (!*record) return Error{ErrorKind::NotFound, "no such agent"};
        auto last = (*record)->epoch == batch.epoch ? (*record)->lastSequence : 0;
        for (const auto& event : batch.events) {
            if (event.agentSequence <= last) continue;
            if (event.agentSequence != last + 1) {
                if (auto added = AuditOutbox::add(session,
                        gapEvent(**record, last + 1, event.agentSequence, clock_.preciseNow()));
                    !added)
                    return added;
            }
            const auto changed = takeOne(session, **record, event);
            if (!changed) return changed.error();
            taken.renewalsChanged = taken.renewalsChanged || *changed;
            last = event.agentSequence;
        }
        taken.acknowledged = last;
        return agents::setSequence(session, agent.agent, batch.epoch, last);
    });
    if (!done) return done.error();
    return taken;
}

Result<bool> EventIntake::takeOne(
    sql::Session& session, const AgentRecord& agent, const model::AuditEvent& told)
{
    auto event = told;
    event.host = toPrintable(agent.host, 255); // as bound at the joining, whatever the agent says
    if (auto added = AuditOutbox::add(session, event); !added) return added.error();
    if (event.correlationId.empty()) return false;

    auto known = orders::find(session, model::OrderId(event.correlationId));
    if (!known) return known.error();
    OrderRecord record = (*known).value_or(OrderRecord{});
    if (*known && record.order.agent != agent.agent)
        return false; // another agent's order: only in the log
    const auto slot = slotOf(session, agent.agent, event.slotId);
    if (!slot) return slot.error();
    const auto progress = applyEvent(event, *slot ? &**slot : nullptr, record);
    if (!progress.changed) return false;
    if (progress.isNew) {
        if (auto closed = closeOthers(session, record); !closed) return closed.error();
        if (auto inserted = orders::insert(session, record); !inserted) return inserted.error();
    } else if (auto updated = orders::update(session, record); !updated) {
        return updated.error();
    }
    if (record.state == "completed") {
        const auto fingerprint = event.certificate.find("fingerprint");
        const auto* text =
            fingerprint == event.certificate.end() ? nullptr : fingerprint->second.string();
        if (text != nullptr) {
            if (auto written = writeSetting(
                    session, "renewed/" + agent.agent.text() + "/" + event.slotId, *text);
                !written)
                return written.error();
        }
    }
    return true;
}

} // namespace perennial::controller
