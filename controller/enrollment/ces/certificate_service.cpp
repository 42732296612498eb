#include "controller/enrollment/ces/certificate_service.h"

#include "controller/enrollment/ces/dispositions.h"
#include "controller/enrollment/ces/request_record.h"
#include "controller/enrollment/rules/certificate_decision.h"
#include "shared/enrollment/request/cmc_response.h"

namespace perennial::enrollment::server {

struct CertificateService::Incoming {
    const Endpoint& endpoint;
    const Caller& caller;
    const wstep::Issue& message;
    const x509::SigningRequest& request;
    std::optional<x509::Certificate> old;       // of a renewal
    std::vector<wstep::ContextItem> attributes; // of the message and of the request itself
    const CertificateTemplate* chosen = nullptr;
    TimePoint now;
    std::vector<x509::Certificate> signers = {}; // of the message around a new request

    RequestRecord record(const std::string& state, const std::string& message_) const
    {
        return recordOf({state, message_, old ? "renewal" : "new", caller.name,
                            chosen != nullptr ? chosen->name : "", message.request, now,
                            old ? old->serial() : ""},
            request);
    }
    Json event(int adcsEvent) const
    {
        auto details = describeRequest(request, caller.name, endpoint.remoteAddress, adcsEvent);
        details["endpoint"] = endpoint.settings.path;
        details["template"] = chosen != nullptr ? chosen->name : "";
        if (old) details["renews"] = old->serial();
        return details;
    }
};

ServiceAnswer CertificateService::answer(const Endpoint& endpoint, const Caller& caller,
    const wstep::TokenRequest& request, TimePoint now)
{
    if (const auto* what = std::get_if<wstep::Issue>(&request.what))
        return issue(endpoint, caller, *what, now);
    if (const auto* what = std::get_if<wstep::QueryTokenStatus>(&request.what))
        return query(endpoint, caller, *what);
    return faultKeyArchival();
}

// What renewals enclose: the certificate that TLS was shown, and perhaps the authorities above it.
std::vector<x509::Certificate> CertificateService::knownCertificates(const Caller& caller) const
{
    auto known = authority_.above();
    known.push_back(authority_.certificate());
    if (caller.certificate) known.push_back(*caller.certificate);
    return known;
}

ServiceAnswer CertificateService::issue(
    const Endpoint& endpoint, const Caller& caller, const wstep::Issue& message, TimePoint now)
{
    const auto read = request::readRequest(message.request, knownCertificates(caller));
    if (const auto* rejected = std::get_if<request::Rejected>(&read))
        return refusedAtTheDoor(endpoint, caller, {rejected->code, rejected->reason}, now);

    if (const auto* fresh = std::get_if<request::NewRequest>(&read)) {
        // What cepces sends for a renewal: TLS alone proves the old key, where that is allowed.
        if (endpoint.settings.tlsCertificateMayStandIn && fresh->signers.empty() &&
            caller.certificate)
            return decide({endpoint, caller, message, fresh->request, caller.certificate,
                everyAttribute(message, fresh->attributes), nullptr, now});
        if (endpoint.settings.renewalOnly)
            return refusedAtTheDoor(endpoint, caller, refuseNewWhereRenewalsOnly(), now);
        return decide({endpoint, caller, message, fresh->request, std::nullopt,
            everyAttribute(message, fresh->attributes), nullptr, now, fresh->signers});
    }
    const auto& renewal = std::get<request::RenewalRequest>(read);
    return decide({endpoint, caller, message, renewal.request, renewal.old,
        everyAttribute(message, renewal.attributes), nullptr, now});
}

// A request that is not even looked at by the CA: no request id, but an event.
soap::Fault CertificateService::refusedAtTheDoor(
    const Endpoint& endpoint, const Caller& caller, const Refusal& refusal, TimePoint now)
{
    const auto event = eventUnseen(endpoint, caller, refusal);
    if (auto stored = store_.addEvent("request.denied", now, event); !stored)
        return storeFailed(stored.error());
    return faultUnseen(refusal);
}

ServiceAnswer CertificateService::decide(const Incoming& given)
{
    const auto held = templates_.current(); // kept until the answer, whatever is read meanwhile
    Incoming incoming = given;
    auto choice =
        chooseTemplate(held->templates, incoming.request, incoming.attributes, incoming.old);
    incoming.chosen = choice.chosen;
    if (choice.refusal) return refused(incoming, *choice.refusal);
    if (auto refusal = refuseAttributes(incoming.attributes)) return refused(incoming, *refusal);
    return incoming.old ? decideRenewal(incoming) : decideNew(incoming);
}

ServiceAnswer CertificateService::decideNew(const Incoming& incoming)
{
    if (auto refusal = refuseNew(*incoming.chosen, incoming.caller, incoming.request))
        return refused(incoming, *refusal);
    const auto signers = signersOf(incoming.signers, store_);
    if (!signers) return storeFailed(signers.error());
    if (auto refusal =
            refuseSignatures(*incoming.chosen, *signers, authority_.certificate(), incoming.now))
        return refused(incoming, *refusal);
    return incoming.chosen->managerApproval ? setPending(incoming) : issued(incoming);
}

ServiceAnswer CertificateService::decideRenewal(const Incoming& incoming)
{
    const auto& chosen = *incoming.chosen;
    const auto& caller = incoming.caller;
    // By key, it is the certificate that TLS was shown, and was looked up a moment ago.
    const bool lookedUp =
        caller.record && caller.certificate && *caller.certificate == *incoming.old;
    const auto record =
        lookedUp ? Result(caller.record) : store_.findCertificate(incoming.old->serial());
    if (!record) return storeFailed(record.error());
    const bool byKey = incoming.endpoint.settings.keyBasedRenewal;
    if (!byKey) {
        if (auto refusal = refuseWithoutRight(chosen, caller)) return refused(incoming, *refusal);
    }
    RenewalFacts facts{chosen, incoming.request, *incoming.old, *record, authority_.certificate(),
        caller.certificate, caller.issuer, byKey, incoming.now};
    if (auto refusal = addAccount(facts, caller)) return refused(incoming, *refusal);
    if (auto refusal = refuseRenewal(facts)) return refused(incoming, *refusal);
    // The first issue was approved; a renewal proves the old key instead.
    if (keepsApproval(facts)) return issued(incoming);
    if (chosen.signatures.count > 0)
        return refused(incoming,
            {HResult::SignaturePolicyRequired, "A renewal cannot bear the signature that the "
                                               "template needs: enrol anew."});
    return chosen.managerApproval ? setPending(incoming) : issued(incoming);
}

Result<std::vector<RequestSigner>> signersOf(
    const std::vector<x509::Certificate>& certificates, EnrollmentStore& store)
{
    std::vector<RequestSigner> signers;
    for (const auto& certificate : certificates) {
        auto record = store.findCertificate(certificate.serial());
        if (!record) return record.error();
        signers.push_back({certificate, *std::move(record)});
    }
    return signers;
}

ServiceAnswer CertificateService::refused(const Incoming& incoming, const Refusal& refusal)
{
    auto details = incoming.event(4888);
    details["reason"] = refusal.reason;
    details["code"] = toText(refusal.code);
    auto record = incoming.record("denied", refusal.reason);
    record.decidedBy = "policy";
    const auto id = store_.addDenied(record, details);
    if (!id) return storeFailed(id.error());
    auto response = request::makeDeniedResponse(signer(), "Denied by Policy Module");
    return faultDenied(refusal, *id, response ? std::optional<Bytes>(*response) : std::nullopt);
}

ServiceAnswer CertificateService::setPending(const Incoming& incoming)
{
    auto record = incoming.record("pending", "Taken Under Submission");
    record.rights = rightsText(incoming.caller);
    auto event = incoming.event(4889);
    std::optional<ShownNames> shown;
    if (incoming.old) shown = shownNames(*incoming.old);
    if (!incoming.chosen->subjectSupplied) {
        // Built before, or it would have been refused.
        const auto built = buildIdentity(*incoming.chosen, incoming.caller);
        const auto* identity = std::get_if<BuiltIdentity>(&built);
        if (!shown && identity != nullptr) shown = shownNames(*identity);
        record.account = toText(namesKnownOf(incoming.caller));
    }
    if (shown) { // whoever decides says yes to this
        event["subject"] = record.subject = shown->subject;
        event["names"] = record.names = shown->names;
    }
    const auto id = store_.addPending(record, event);
    if (!id) return storeFailed(id.error());
    return pendingAnswer(incoming.endpoint, *id, incoming.now);
}

ServiceAnswer CertificateService::issued(const Incoming& incoming)
{
    BuiltIdentity identity;
    if (!incoming.old && !incoming.chosen->subjectSupplied) {
        auto built = buildIdentity(*incoming.chosen, incoming.caller);
        if (const auto* refusal = std::get_if<Refusal>(&built)) return refused(incoming, *refusal);
        identity = std::get<BuiltIdentity>(std::move(built));
    }
    const auto content =
        decideContent(*incoming.chosen, incoming.request, incoming.old, incoming.now, identity);
    if (!content) return failed("The certificate could not be made.", content.error());
    const auto certificate = authority_.issue(*content);
    if (!certificate) return failed("The certificate could not be signed.", certificate.error());
    auto details = incoming.event(4887);
    details["serial"] = certificate->serial();
    auto record = incoming.record("issued", "Issued");
    record.decidedBy = "policy";
    const auto id = store_.addIssued(record, *certificate, details);
    if (!id) return storeFailed(id.error());
    return issuedAnswer(*certificate, *id);
}

ServiceAnswer CertificateService::query(
    const Endpoint& endpoint, const Caller& caller, const wstep::QueryTokenStatus& question)
{
    const auto asked = findAsked(store_, caller, question);
    if (!asked) return storeFailed(asked.error());
    if (const auto* fault = std::get_if<soap::Fault>(&*asked)) return *fault;
    const auto& record = std::get<RequestRecord>(*asked);
    if (record.state == "pending") return pendingAnswer(endpoint, record.id, record.receivedAt);
    if (record.state == "denied") return faultDeniedBefore(record);
    const auto certificate = store_.findCertificate(record.serial);
    if (!certificate) return storeFailed(certificate.error());
    const auto parsedCertificate =
        *certificate
            ? x509::Certificate::fromDer((*certificate)->der)
            : Result<x509::Certificate>(Error{ErrorKind::Corrupt, "certificate is missing"});
    if (!parsedCertificate) return storeFailed(parsedCertificate.error());
    return issuedAnswer(*parsedCertificate, record.id);
}

ServiceAnswer CertificateService::issuedAnswer(
    const x509::Certificate& certificate, std::int64_t id) const
{
    const auto response = request::makeIssuedResponse(certificate, signer());
    if (!response) return failed("The answer could not be signed.", response.error());
    return wstep::TokenResponse(
        wstep::Issued{certificate.toDer(), *response, "Issued", std::to_string(id)});
}

ServiceAnswer CertificateService::pendingAnswer(
    const Endpoint& endpoint, std::int64_t id, TimePoint now) const
{
    const auto response =
        request::makePendingResponse(static_cast<std::uint32_t>(id), now, signer());
    if (!response) return failed("The answer could not be signed.", response.error());
    return wstep::TokenResponse(
        wstep::Pending{endpoint.url, *response, "Taken Under Submission", std::to_string(id)});
}

request::ResponseSigner CertificateService::signer() const
{
    return {authority_.certificate(), authority_.responseKey(), authority_.above()};
}

// What failed inside is for our log; the peer learns that nothing was decided.
soap::Fault CertificateService::failed(std::string_view what, const Error& error) const
{
    log_.error(std::string(what) + " " + error.message);
    const bool elsewhere = error.kind == ErrorKind::Unavailable; // a CA behind us does not answer
    return soap::enrollmentFault(
        elsewhere ? HResult::RpcServerUnavailable : HResult::Failed, what, false);
}

soap::Fault CertificateService::storeFailed(const Error& error) const
{
    return failed("The request could not be stored; it may be sent again.", error);
}

} // namespace perennial::enrollment::server
