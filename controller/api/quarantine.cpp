#include "controller/api/quarantine.h"

#include "controller/audit/audit_outbox.h"
#include "shared/base/encoding.h"
#include "shared/base/random.h"

namespace perennial::controller {

Status Quarantine::tell(sql::Session& session, const AgentRecord& agent, const std::string& kind,
    const model::Actor& who, const std::string& reason)
{
    model::AuditEvent event;
    event.time = clock_.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = who;
    event.agentId = agent.agent.text();
    event.host = toPrintable(agent.host, 255);
    event.outcome = reason.empty() ? model::Outcome::Success : model::Outcome::Denied;
    event.reason = reason;
    return AuditOutbox::add(session, event);
}

Status Quarantine::begin(const model::AgentId& agent, const std::string& address)
{
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto record = agents::find(session, agent);
        if (!record) return record.error();
        if (!*record || (*record)->quarantined) return {};
        if (auto set = agents::quarantine(session, agent, clock_.now()); !set) return set;
        if (auto ended = orders::abandonOpenOf(
                session, agent, "two copies of the agent were heard", clock_.now());
            !ended)
            return ended;
        return tell(session, **record, "agent.quarantined",
            {"agent", agent.text(), "mtls", address},
            "two processes with this agent's identity check in at the same time: a cloned machine, "
            "or a stolen identity");
    });
    return done ? directory_.reload() : done;
}

Status Quarantine::end(const model::AgentId& agent, const model::Actor& who)
{
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto record = agents::find(session, agent);
        if (!record) return record.error();
        if (!*record || !(*record)->quarantined)
            return Error{ErrorKind::NotFound, "there is no such agent in quarantine"};
        if (auto released = agents::release(session, agent); !released) return released;
        return tell(session, **record, "agent.released", who, "");
    });
    if (!done) return done;
    directory_.forgetInstances(agent);
    return directory_.reload();
}

} // namespace perennial::controller
