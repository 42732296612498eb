// A certificate from outside through everything that looks at one: the rules, the facts, the audit
// event and the inventory.

#include "shared/protocol/agent_messages.h"
#include "shared/rules/issued_certificate_rules.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;

namespace {

void report(const x509::Certificate& certificate)
{
    model::Slot slot;
    slot.place = {"pem", "/a", "/b"};
    slot.id = model::slotIdOf(slot.place);
    slot.certificate = model::factsOf(certificate);
    slot.certificatePem = certificate.toPem();
    model::InventoryReport inventory;
    inventory.slots.push_back(slot);
    const auto json =
        Json::parse(protocol::toJson(inventory).canonical(), protocol::inventoryMessage);
    if (!json) std::abort();
    const auto again = protocol::inventoryReportFromJson(*json);
    if (!again || again->slots.front() != slot) std::abort();
}

void record(const x509::Certificate& certificate)
{
    model::AuditEvent event;
    event.id = "0198c6d2-1b2c-7abc-8def-0123456789ab";
    event.kind = "certificate.discovered";
    event.actor.type = "agent";
    event.certificate = model::eventCertificate(model::factsOf(certificate));
    const auto json = model::toJson(event);
    if (!json) std::abort();
    const auto parsed = Json::parse(json->canonical());
    if (!parsed || !model::auditEventFromJson(*parsed)) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto certificate =
        x509::Certificate::fromDer({reinterpret_cast<const char*>(data), size});
    if (!certificate) return 0;
    record(*certificate);
    report(*certificate);
    const std::vector<x509::Certificate> chain = {*certificate};
    const model::CertificatePolicy policy;
    const rules::IssuedCertificateInput input{
        {*certificate, chain, chain, certificate->publicKeyDer(), certificate->notBefore()},
        *certificate, policy};
    for (const auto& rule : rules::issuedCertificateRules())
        (void)rule.check(input);
    // The old certificate is never taken for a new one.
    if (!rules::findReasonToReject(input)) std::abort();
    return 0;
}
