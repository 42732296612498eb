#include "agent/renewal/renewal_events.h"

#include "shared/base/random.h"

namespace perennial::agent {

Json::Object describeCertificate(const std::string& pem)
{
    const auto certificate = x509::Certificate::fromPem(pem);
    if (!certificate) return {};
    // Cut: what came may have been rejected for it, and the event must still be written.
    return {{"serial", toPrintable(certificate->serial(), 100)},
        {"fingerprint", certificate->fingerprint()},
        {"subject", toPrintable(certificate->subject())},
        {"issuer", toPrintable(certificate->issuer())},
        {"not_before", toRfc3339(certificate->notBefore())},
        {"not_after", toRfc3339(certificate->notAfter())}};
}

model::AuditEvent renewalEvent(const Renewal& renewal, const std::string& kind, PreciseTime now,
    model::Outcome outcome, const std::string& reason)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = kind;
    event.time = now;
    event.actor = {"agent", renewal.order.agent.text(), "mtls", ""};
    event.outcome = outcome;
    event.reason = toPrintable(reason);
    event.correlationId = renewal.order.id.text();
    event.agentId = renewal.order.agent.text();
    event.slotId = renewal.order.slot.text();
    const auto& commit = renewal.order.policyCommit;
    event.policy = (commit.empty() ? "local" : commit) + ":" + renewal.order.policy;
    event.certificate = describeCertificate(renewal.oldChainPem);
    return event;
}

} // namespace perennial::agent
