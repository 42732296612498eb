#include "controller/enrollment/relay/relay_service.h"

#include "controller/enrollment/ces/dispositions.h"
#include "controller/enrollment/ces/request_record.h"
#include "shared/enrollment/request/cmc_response.h"

namespace perennial::enrollment::server {

struct RelayService::Relayed {
    const Endpoint& endpoint;
    const Caller& caller;
    const Bytes& bytes;
    const x509::SigningRequest& request;
    std::vector<wstep::ContextItem> attributes; // of the message and of the request itself
    std::optional<x509::Certificate> old;       // of a renewal
    const CertificateTemplate* chosen = nullptr;
    TimePoint now;

    RequestRecord record(
        const std::string& state, const std::string& message, const std::string& upstreamId) const
    {
        auto made = recordOf({state, message, old ? "renewal" : "new", caller.name,
                                 chosen != nullptr ? chosen->name : "", bytes, now},
            request);
        made.decidedBy = state == "pending" ? "" : "relay";
        made.upstreamId = upstreamId;
        return made;
    }
    Json event(int adcsEvent, const std::string& upstreamId) const
    {
        auto details = describeRequest(request, caller.name, endpoint.remoteAddress, adcsEvent);
        details["endpoint"] = endpoint.settings.path;
        details["template"] = chosen != nullptr ? chosen->name : "";
        if (!upstreamId.empty()) details["upstream_id"] = toPrintable(upstreamId, 128);
        if (old) details["renews"] = old->serial();
        return details;
    }
};

namespace {

// A fault about the request, told from one about the service's own standing at the other CES.
bool isAboutTheRequest(const soap::Fault& fault)
{
    return !soap::isAuthenticationFault(fault) && fault.detail &&
           (fault.detail->errorCode || fault.detail->invalidRequest);
}

bool isDenial(const soap::Fault& fault)
{
    return isAboutTheRequest(fault) && fault.detail->invalidRequest.value_or(false);
}

std::string upstreamIdOf(const soap::Fault& fault)
{
    return fault.detail ? fault.detail->requestId.value_or("") : "";
}

// What came, under our own request id.
soap::Fault carriedThrough(const soap::Fault& fault, std::optional<std::string> id)
{
    const auto& detail = *fault.detail;
    return soap::enrollmentFault(detail.errorCode.value_or(HResult::Failed), fault.reason,
        detail.invalidRequest.value_or(false), std::move(id), detail.binaryResponse);
}

Result<x509::Certificate> certificateIn(
    const wstep::Issued& issued, const x509::SigningRequest& request)
{
    const auto picked = request::pickIssuedCertificate(
        issued.certificate, issued.cmcResponse, request.publicKeyDer());
    if (!picked) return picked.error();
    return picked->certificate;
}

std::optional<std::string> renewedIn(const Bytes& bytes) // serial number
{
    const auto read = request::readRequest(bytes);
    const auto* renewal = std::get_if<request::RenewalRequest>(&read);
    return renewal == nullptr ? std::nullopt : std::optional(renewal->old.serial());
}

Result<x509::SigningRequest> pkcs10In(const Bytes& bytes)
{
    const auto read = request::readRequest(bytes);
    if (const auto* fresh = std::get_if<request::NewRequest>(&read)) return fresh->request;
    if (const auto* renewal = std::get_if<request::RenewalRequest>(&read)) return renewal->request;
    return Error{ErrorKind::Corrupt, "the stored request cannot be read"};
}

// The authority inside would hold a SID to the relay's account, or, as AD CS does where names are
// supplied, to none.
std::optional<Refusal> refuseAnySid(
    const x509::SigningRequest& request, const std::optional<x509::Certificate>& old)
{
    return old ? refuseSid(*old, request) : refuseSid(Caller{}, request);
}

} // namespace

Status RelayService::checkTemplates(const Templates& templates)
{
    for (const auto& [name, one] : templates) {
        if (!one.subjectSupplied)
            return Error{ErrorKind::InvalidInput,
                "template " + name +
                    " has subject: built, which cannot be relayed: the authority "
                    "would build the names of the relay's own account"};
    }
    return {};
}

ServiceAnswer RelayService::answer(const Endpoint& endpoint, const Caller& caller,
    const wstep::TokenRequest& request, TimePoint now)
{
    if (std::holds_alternative<wstep::Issue>(request.what))
        return issue(endpoint, caller, request, now);
    if (std::holds_alternative<wstep::QueryTokenStatus>(request.what))
        return query(endpoint, caller, request, now);
    return faultKeyArchival();
}

ServiceAnswer RelayService::issue(const Endpoint& endpoint, const Caller& caller,
    const wstep::TokenRequest& request, TimePoint now)
{
    const auto& message = std::get<wstep::Issue>(request.what);
    const auto read = request::readRequest(message.request);
    if (const auto* rejected = std::get_if<request::Rejected>(&read))
        return refusedAtTheDoor(endpoint, caller, {rejected->code, rejected->reason}, now);
    if (const auto* fresh = std::get_if<request::NewRequest>(&read)) {
        if (endpoint.settings.renewalOnly)
            return refusedAtTheDoor(endpoint, caller, refuseNewWhereRenewalsOnly(), now);
        return judge({endpoint, caller, message.request, fresh->request,
                         everyAttribute(message, fresh->attributes), std::nullopt, nullptr, now},
            request);
    }
    const auto& renewal = std::get<request::RenewalRequest>(read);
    return judge({endpoint, caller, message.request, renewal.request,
                     everyAttribute(message, renewal.attributes), renewal.old, nullptr, now},
        request);
}

// The other CES sees only this service: what its callers may have, and that TLS and CMS agree, has
// to be seen here.
ServiceAnswer RelayService::judge(const Relayed& given, const wstep::TokenRequest& request)
{
    const auto held = templates_.current(); // kept until the answer, whatever is read meanwhile
    Relayed relayed = given;
    auto choice = chooseTemplate(held->templates, relayed.request, relayed.attributes);
    relayed.chosen = choice.chosen;
    if (choice.refusal) return refused(relayed, *choice.refusal);
    if (auto refusal = refuseAttributes(relayed.attributes)) return refused(relayed, *refusal);
    const bool byKey = relayed.old && relayed.endpoint.settings.keyBasedRenewal;
    if (auto refusal = byKey
                           ? refuseByKey(*relayed.chosen, *relayed.old, relayed.caller.certificate)
                           : refuseWithoutRight(*relayed.chosen, relayed.caller))
        return refused(relayed, *refusal);
    if (auto refusal = refuseAnySid(relayed.request, relayed.old))
        return refused(relayed, *refusal);
    return forward(relayed, request);
}

ServiceAnswer RelayService::refused(const Relayed& relayed, const Refusal& refusal)
{
    auto event = relayed.event(4888, "");
    event["reason"] = refusal.reason;
    event["code"] = toText(refusal.code);
    auto record = relayed.record("denied", refusal.reason, "");
    record.decidedBy = "policy";
    const auto id = store_.addDenied(record, event);
    if (!id) return storeFailed(id.error());
    return faultDenied(refusal, *id);
}

ServiceAnswer RelayService::forward(const Relayed& relayed, const wstep::TokenRequest& request)
{
    auto answer = upstream_.ask(request);
    if (!answer) return unreached(answer.error());
    if (auto* fault = std::get_if<soap::Fault>(&*answer)) return stored(relayed, std::move(*fault));
    auto& response = std::get<wstep::TokenResponse>(*answer);
    if (auto* issued = std::get_if<wstep::Issued>(&response))
        return stored(relayed, std::move(*issued));
    if (auto* pending = std::get_if<wstep::Pending>(&response))
        return stored(relayed, std::move(*pending));
    return unreached(Error{ErrorKind::InvalidInput, "it answered with a token nobody asked for"});
}

ServiceAnswer RelayService::stored(const Relayed& relayed, wstep::Issued issued)
{
    const auto certificate = certificateIn(issued, relayed.request);
    if (!certificate) return unreached(certificate.error());
    auto event = relayed.event(4887, issued.requestId);
    event["serial"] = certificate->serial();
    const auto id =
        store_.addIssued(relayed.record("issued", "Issued", issued.requestId), *certificate, event);
    if (!id) return storeFailed(id.error());
    issued.requestId = std::to_string(*id);
    return wstep::TokenResponse(std::move(issued));
}

ServiceAnswer RelayService::stored(const Relayed& relayed, wstep::Pending pending)
{
    const auto id =
        store_.addPending(relayed.record("pending", "Taken Under Submission", pending.requestId),
            relayed.event(4889, pending.requestId));
    if (!id) return storeFailed(id.error());
    pending.requestId = std::to_string(*id);
    pending.referenceUri = relayed.endpoint.url; // the other one is out of the caller's reach
    return wstep::TokenResponse(std::move(pending));
}

ServiceAnswer RelayService::stored(const Relayed& relayed, soap::Fault fault)
{
    if (!isAboutTheRequest(fault))
        return unreached(Error{ErrorKind::PermissionDenied, "it refused: " + fault.reason});
    if (!isDenial(fault)) return carriedThrough(fault, std::nullopt);
    const auto upstreamId = upstreamIdOf(fault);
    auto event = relayed.event(4888, upstreamId);
    event["reason"] = fault.reason;
    event["code"] = toText(fault.detail->errorCode.value_or(HResult::Failed));
    const auto id = store_.addDenied(relayed.record("denied", fault.reason, upstreamId), event);
    if (!id) return storeFailed(id.error());
    return carriedThrough(fault, std::to_string(*id));
}

ServiceAnswer RelayService::query(const Endpoint& endpoint, const Caller& caller,
    const wstep::TokenRequest& request, TimePoint now)
{
    const auto found = findAsked(store_, caller, std::get<wstep::QueryTokenStatus>(request.what));
    if (!found) return storeFailed(found.error());
    if (const auto* fault = std::get_if<soap::Fault>(&*found)) return *fault;
    const auto& record = std::get<RequestRecord>(*found);
    if (record.upstreamId.empty()) return faultDeniedBefore(record); // it never got there
    auto asked = request;
    asked.what = wstep::QueryTokenStatus{record.upstreamId};
    auto answer = upstream_.ask(asked);
    if (!answer) return unreached(answer.error());
    return settle(record, endpoint, *std::move(answer), now);
}

// What became of a request over there, under our id, and kept here when it is news.
ServiceAnswer RelayService::settle(
    const RequestRecord& record, const Endpoint& endpoint, ServiceAnswer answer, TimePoint now)
{
    const auto id = std::to_string(record.id);
    Json event;
    event["request_id"] = record.id;
    event["requester"] = record.requester;
    event["template"] = record.templateName;
    event["subject"] = record.subject;
    event["decided_by"] = "relay";
    if (auto* fault = std::get_if<soap::Fault>(&answer)) {
        if (!isAboutTheRequest(*fault))
            return unreached(Error{ErrorKind::PermissionDenied, "it refused: " + fault->reason});
        event["adcs_event"] = 4868;
        event["reason"] = fault->reason;
        if (isDenial(*fault) && record.state == "pending") {
            if (auto done = store_.deny(record.id, "relay", now, fault->reason, event); !done)
                return storeFailed(done.error());
        }
        return carriedThrough(*fault, id);
    }
    auto& response = std::get<wstep::TokenResponse>(answer);
    if (auto* pending = std::get_if<wstep::Pending>(&response)) {
        pending->requestId = id;
        pending->referenceUri = endpoint.url;
        return answer;
    }
    auto* issued = std::get_if<wstep::Issued>(&response);
    if (issued == nullptr)
        return unreached(
            Error{ErrorKind::InvalidInput, "it answered with a token nobody asked for"});
    const auto asked = pkcs10In(record.request);
    if (!asked) return storeFailed(asked.error());
    const auto certificate = certificateIn(*issued, *asked);
    if (!certificate) return unreached(certificate.error());
    if (record.state == "pending") {
        event["adcs_event"] = 4887;
        event["serial"] = certificate->serial();
        event["public_key_sha256"] = certificate->publicKeyPin();
        if (const auto renews = renewedIn(record.request)) event["renews"] = *renews;
        if (auto done = store_.approve(record.id, "relay", now, *certificate, event); !done)
            return storeFailed(done.error());
    }
    issued->requestId = id;
    return answer;
}

soap::Fault RelayService::refusedAtTheDoor(
    const Endpoint& endpoint, const Caller& caller, const Refusal& refusal, TimePoint now)
{
    const auto event = eventUnseen(endpoint, caller, refusal);
    if (auto stored = store_.addEvent("request.denied", now, event); !stored)
        return storeFailed(stored.error());
    return faultUnseen(refusal);
}

// Whatever is wrong between the two services is for our log; the caller learns that it may come
// again, and never that it is somebody else's password that was refused.
soap::Fault RelayService::unreached(const Error& error) const
{
    log_.error("relay: " + error.message);
    return soap::enrollmentFault(HResult::RpcServerUnavailable,
        "The certification authority cannot be asked now; the request may be sent again.", false);
}

soap::Fault RelayService::storeFailed(const Error& error) const
{
    log_.error("relay: " + error.message);
    return soap::enrollmentFault(
        HResult::Failed, "The request could not be stored; it may be sent again.", false);
}

} // namespace perennial::enrollment::server
