#include "controller/enrollment/ces/dispositions.h"

#include <charconv>

namespace perennial::enrollment::server {

namespace {

constexpr std::string_view deniedByPolicy = "Denied by Policy Module";

// The disposition texts of MS-WCCE for requests that fail before a policy sees them.
std::string_view dispositionOf(HResult code)
{
    switch (code) {
    case HResult::AccessDenied: return deniedByPolicy;
    case HResult::KeyArchivalNotConfigured: return "Error Archiving Private Key";
    case HResult::BadSignature:
    case HResult::NoSigner:
    case HResult::BadRenewalCertificateAttribute:
        return "Error Verifying Request Signature or Signing Certificate";
    default: return "Error Parsing Request";
    }
}

std::string faultText(std::string_view disposition, const Refusal& refusal)
{
    return std::string(disposition) + "  " + toText(refusal.code).substr(0, 10) + ", " +
           refusal.reason;
}

} // namespace

std::vector<wstep::ContextItem> everyAttribute(
    const wstep::Issue& message, const std::vector<x509::NameValue>& pairs)
{
    auto all = message.additionalContext;
    for (const auto& pair : pairs)
        all.push_back({pair.name, pair.value});
    return all;
}

Refusal refuseNewWhereRenewalsOnly()
{
    return {HResult::AccessDenied,
        "This endpoint accepts renewals only, and a bare PKCS#10 is a new request: send it inside "
        "a CMS signed with the certificate to renew."};
}

soap::Fault faultUnseen(const Refusal& refusal)
{
    return soap::enrollmentFault(refusal.code, faultText(dispositionOf(refusal.code), refusal),
        refusal.code == HResult::AccessDenied);
}

Json eventUnseen(const Endpoint& endpoint, const Caller& caller, const Refusal& refusal)
{
    Json details;
    details["requester"] = caller.name;
    details["address"] = endpoint.remoteAddress;
    details["endpoint"] = endpoint.settings.path;
    details["reason"] = refusal.reason;
    details["code"] = toText(refusal.code);
    return details;
}

soap::Fault faultDenied(const Refusal& refusal, std::int64_t id, std::optional<Bytes> cmcResponse)
{
    return soap::enrollmentFault(refusal.code, faultText(deniedByPolicy, refusal), true,
        std::to_string(id), std::move(cmcResponse));
}

soap::Fault faultDeniedBefore(const RequestRecord& record)
{
    const auto decider =
        record.decidedBy == "policy" ? std::string("Policy Module") : record.decidedBy;
    return soap::enrollmentFault(
        HResult::AdminDeniedRequest, "Denied by " + decider, true, std::to_string(record.id));
}

soap::Fault faultKeyArchival()
{
    return soap::enrollmentFault(
        HResult::KeyArchivalNotConfigured, "Key archival is not configured on this CA.", false);
}

Result<AskedRequest> findAsked(
    EnrollmentStore& store, const Caller& caller, const wstep::QueryTokenStatus& question)
{
    std::int64_t id = 0;
    const auto& text = question.requestId;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return AskedRequest(
            soap::enrollmentFault(HResult::InvalidArgument, "RequestID is not a number.", false));
    auto found = store.findRequest(id);
    if (!found) return found.error();
    // Ids are counted up: that one exists is no secret, what came of it is.
    if (!*found)
        return AskedRequest(soap::enrollmentFault(
            HResult::PropertyEmpty, "There is no such request.", false, text));
    if ((*found)->requester != caller.name)
        return AskedRequest(soap::enrollmentFault(
            HResult::AccessDenied, "The request is another user's.", false, text));
    return AskedRequest(**std::move(found));
}

} // namespace perennial::enrollment::server
