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
    "certificate.changed_outside", "certificate.superseded", "certificate.revocation_asked",
    "policy.applied", "policy.rejected", "policy.expired", "esc.flag", "scan.", "slot.", "trust.",
    "agent.identity_expired", "agent.events_dropped", "agent.refused_answer",
    "agent.state_damaged"};

// What every reader of JSON still tells apart (RFC 8259 6); beyond it counting on would overflow.
constexpr std::int64_t largestNumber = (1LL << 53U) - 1;

bool mayTell(const model::AuditEvent& event)
{
    if (event.kind == "renewal.ordered") return false;
    return std::any_of(agentKinds.begin(), agentKinds.end(),
        [&](const char* prefix) { return event.kind.rfind(prefix, 0) == 0; });
}

model::AuditEvent gapEvent(const AgentRecord& agent, const std::string& reason,
    std::int64_t expected, std::int64_t received, PreciseTime now)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = "agent.seq_gap";
    event.time = now;
    event.actor = {"controller", "", "", ""};
    event.outcome = model::Outcome::Failure;
    event.agentId = agent.agent.text();
    event.host = toPrintable(agent.host, 255);
    event.reason = reason;
    event.details = {{"expected", expected}, {"received", received}};
    return event;
}

// Who speaks is known from the connection. Only this much is taken from the message: that somebody
// on the host asked for it.
model::Actor actorOf(const AgentRecord& agent, const model::Actor& told, const std::string& address)
{
    if (told.type == "human" && told.authentication == "local")
        return {"human", toPrintable(told.id, 128), "local", address};
    return {"agent", agent.agent.text(), "mtls", address};
}

// What is filled in here can make an event too large that was not: the agent would send it for
// ever.
Status keep(sql::Session& session, model::AuditEvent event)
{
    const auto added = AuditOutbox::add(session, event);
    if (added || added.error().kind != ErrorKind::InvalidInput) return added;
    event.reason = toPrintable(event.reason);
    event.certificate.clear();
    event.details.clear();
    return AuditOutbox::add(session, event);
}

// The agent went alone while an order was on its way: its own renewal is the one that counts.
Status closeOthers(sql::Session& session, const OrderRecord& own)
{
    const auto open = orders::openOf(session, own.order.agent);
    if (!open) return open.error();
    for (auto record : *open) {
        if (record.order.slot != own.order.slot) continue;
        record.open = false;
        record.state = "already_done";
        record.message = "the agent renews on its own: " + own.order.id.text();
        record.updatedAt = own.updatedAt;
        if (auto updated = orders::update(session, record); !updated) return updated;
    }
    return {};
}

// The inventory that will show the new certificate is no surprise.
Status expectInSlot(sql::Session& session, const model::AuditEvent& event)
{
    const auto fingerprint = event.certificate.find("fingerprint");
    if (fingerprint == event.certificate.end() || fingerprint->second.string() == nullptr)
        return {};
    return writeSetting(session, "renewed/" + event.agentId + "/" + event.slotId,
        toPrintable(*fingerprint->second.string(), 64));
}

// The policy that ruled the slot before, where the host says that none does now.
Status followRule(sql::Session& session, const AgentRecord& agent, const model::AuditEvent& event)
{
    const bool unmanaged = event.kind == "slot.unmanaged";
    if (!unmanaged && event.kind != "slot.managed") return {};
    const auto former = event.details.find("former_policy");
    const auto* name = former == event.details.end() ? nullptr : former->second.string();
    return slots::setFormerPolicy(session, agent.agent, model::SlotId(event.slotId),
        unmanaged && name != nullptr ? toPrintable(*name, 128) : "");
}

} // namespace

Result<EventIntake::Taken> EventIntake::take(
    const AgentRecord& agent, const protocol::EventBatch& batch, const std::string& address)
{
    for (const auto& event : batch.events) {
        const bool own = event.agentId == agent.agent.text() && event.agentEpoch == batch.epoch &&
                         event.agentSequence <= largestNumber;
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
        auto last = beginOf(session, **record, batch);
        if (!last) return last.error();
        taken.acknowledged = *last;
        if (batch.events.empty()) return {}; // nothing begins anew with it
        for (auto event : batch.events) {
            if (event.agentSequence <= *last) continue;
            if (event.agentSequence != *last + 1) {
                const auto gap = gapEvent(**record, "events of this agent are missing", *last + 1,
                    event.agentSequence, clock_.preciseNow());
                if (auto added = AuditOutbox::add(session, gap); !added) return added;
            }
            *last = event.agentSequence;
            event.actor = actorOf(**record, event.actor, address);
            event.host = toPrintable((*record)->host, 255); // as bound at the joining
            if (auto added = keep(session, event); !added) return added;
            const auto changed = follow(session, **record, event);
            if (!changed) return changed.error();
            taken.renewalsChanged = taken.renewalsChanged || *changed;
        }
        taken.acknowledged = *last;
        return agents::setSequence(session, agent.agent, batch.epoch, *last);
    });
    if (!done) return done.error();
    return taken;
}

// The number up to which the batch's events are ours.
Result<std::int64_t> EventIntake::beginOf(
    sql::Session& session, const AgentRecord& agent, const protocol::EventBatch& batch) const
{
    if (agent.epoch == batch.epoch) return agent.lastSequence;
    if (agent.epoch.empty() || batch.events.empty()) return 0;
    const auto anew =
        gapEvent(agent, "the agent's numbers begin anew: what it had not yet told before is lost",
            agent.lastSequence + 1, batch.events.front().agentSequence, clock_.preciseNow());
    if (auto added = AuditOutbox::add(session, anew); !added) return added.error();
    return 0;
}

Result<bool> EventIntake::follow(
    sql::Session& session, const AgentRecord& agent, const model::AuditEvent& event)
{
    if (auto done = followRule(session, agent, event); !done) return done.error();
    if (event.correlationId.empty()) return false;
    auto known = orders::find(session, model::OrderId(event.correlationId));
    if (!known) return known.error();
    OrderRecord record = (*known).value_or(OrderRecord{});
    if (*known && record.order.agent != agent.agent)
        return false; // another agent's order: only in the log
    const auto slot = slots::find(session, agent.agent, model::SlotId(event.slotId));
    if (!slot) return slot.error();
    const auto progress = applyEvent(event, *slot ? &**slot : nullptr, clock_.now(), record);
    if (!progress.changed) return false;
    if (progress.isNew) {
        if (auto closed = closeOthers(session, record); !closed) return closed.error();
        if (auto inserted = orders::insert(session, record); !inserted) return inserted.error();
    } else if (auto updated = orders::update(session, record); !updated) {
        return updated.error();
    }
    if (record.state == "completed") {
        if (auto written = expectInSlot(session, event); !written) return written.error();
    }
    return true;
}

} // namespace perennial::controller
