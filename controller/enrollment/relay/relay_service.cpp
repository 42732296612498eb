#include "controller/enrollment/relay/relay_service.h"

#include "controller/enrollment/ces/request_record.h"
#include "controller/enrollment/rules/request_rules.h"
#include "shared/enrollment/request/cmc_response.h"

#include <charconv>

namespace perennial::enrollment::server {

struct RelayService::Relayed {
    const Endpoint& endpoint;
    const Caller& caller;
    const Bytes& bytes;
    const x509::SigningRequest& request;
    const std::vector<x509::NameValue>& attributes;
    std::optional<std::string> renews; // serial number
    TimePoint now;

    RequestRecord record(
        const std::string& state, const std::string& message, const std::string& upstreamId) const
    {
        auto made = recordOf(
            {state, message, renews ? "renewal" : "new", caller.name, "", bytes, now}, request);
        made.decidedBy = state == "pending" ? "" : "relay";
        made.upstreamId = upstreamId;
        return made;
    }
    Json event(int adcsEvent, const std::string& upstreamId) const
    {
        auto details = describeRequest(request, caller.name, endpoint.remoteAddress, adcsEvent);
        details["endpoint"] = endpoint.settings.path;
        details["upstream_id"] = toPrintable(upstreamId, 128);
        if (renews) details["renews"] = *renews;
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

} // namespace

ServiceAnswer RelayService::answer(const Endpoint& endpoint, const Caller& caller,
    const wstep::TokenRequest& request, TimePoint now)
{
    if (std::holds_alternative<wstep::Issue>(request.what))
        return issue(endpoint, caller, request, now);
    if (std::holds_alternative<wstep::QueryTokenStatus>(request.what))
        return query(endpoint, caller, request, now);
    return soap::enrollmentFault(
        HResult::KeyArchivalNotConfigured, "Key archival is not configured on this CA.", true);
}

ServiceAnswer RelayService::issue(const Endpoint& endpoint, const Caller& caller,
    const wstep::TokenRequest& request, TimePoint now)
{
    const auto& bytes = std::get<wstep::Issue>(request.what).request;
    const auto read = request::readRequest(bytes);
    if (const auto* rejected = std::get_if<request::Rejected>(&read))
        return refusedAtTheDoor(endpoint, caller, rejected->code, rejected->reason, now);
    if (const auto* fresh = std::get_if<request::NewRequest>(&read)) {
        if (endpoint.settings.renewalOnly)
            return refusedAtTheDoor(endpoint, caller, HResult::AccessDenied,
                "This endpoint accepts renewals only, and a bare PKCS#10 is a new request: send it "
                "inside a CMS signed with the certificate to renew.",
                now);
        return forward(
            {endpoint, caller, bytes, fresh->request, fresh->attributes, {}, now}, request);
    }
    const auto* renewal = &std::get<request::RenewalRequest>(read);
    // The other CES sees only this service: that TLS and CMS agree has to be seen here.
    if (endpoint.settings.keyBasedRenewal && caller.certificate != renewal->old)
        return refusedAtTheDoor(endpoint, caller, HResult::AccessDenied,
            "The TLS client certificate is not the certificate that is renewed.", now);
    return forward({endpoint, caller, bytes, renewal->request, renewal->attributes,
                       renewal->old.serial(), now},
        request);
}

ServiceAnswer RelayService::forward(const Relayed& relayed, const wstep::TokenRequest& request)
{
    auto attributes = std::get<wstep::Issue>(request.what).additionalContext;
    for (const auto& [name, value] : relayed.attributes)
        attributes.push_back({name, value});
    if (const auto refusal = refuseAttributes(attributes))
        return refusedAtTheDoor(
            relayed.endpoint, relayed.caller, refusal->code, refusal->reason, relayed.now);
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
    const auto& text = std::get<wstep::QueryTokenStatus>(request.what).requestId;
    std::int64_t id = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return soap::enrollmentFault(HResult::InvalidArgument, "RequestID is not a number.", false);
    const auto found = store_.findRequest(id);
    if (!found) return storeFailed(found.error());
    if (!*found || (*found)->upstreamId.empty())
        return soap::enrollmentFault(
            HResult::PropertyEmpty, "There is no such request.", false, text);
    if ((*found)->requester != caller.name)
        return soap::enrollmentFault(
            HResult::AccessDenied, "The request is another user's.", false, text);
    auto asked = request;
    asked.what = wstep::QueryTokenStatus{(*found)->upstreamId};
    auto answer = upstream_.ask(asked);
    if (!answer) return unreached(answer.error());
    return settle(**found, endpoint, *std::move(answer), now);
}

// What became of a request over there, under our id, and kept here when it is news.
ServiceAnswer RelayService::settle(
    const RequestRecord& record, const Endpoint& endpoint, ServiceAnswer answer, TimePoint now)
{
    const auto id = std::to_string(record.id);
    Json event;
    event["request_id"] = record.id;
    event["requester"] = record.requester;
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

soap::Fault RelayService::refusedAtTheDoor(const Endpoint& endpoint, const Caller& caller,
    HResult code, const std::string& reason, TimePoint now)
{
    Json details;
    details["requester"] = caller.name;
    details["address"] = endpoint.remoteAddress;
    details["endpoint"] = endpoint.settings.path;
    details["reason"] = reason;
    details["code"] = toText(code);
    if (auto stored = store_.addEvent("request.denied", now, details); !stored)
        return storeFailed(stored.error());
    return soap::enrollmentFault(code, reason, code == HResult::AccessDenied);
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
