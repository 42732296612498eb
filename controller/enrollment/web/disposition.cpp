#include "controller/enrollment/web/disposition.h"

namespace perennial::enrollment::server::web {

namespace {

Disposition dispositionOfFault(const soap::Fault& fault)
{
    Disposition disposition;
    disposition.message = fault.reason;
    if (!fault.detail) return disposition;
    const auto& detail = *fault.detail;
    disposition.code = detail.errorCode.value_or(HResult::Failed);
    disposition.requestId = detail.requestId.value_or("");
    if (detail.invalidRequest.value_or(false)) disposition.state = Disposition::State::Denied;
    return disposition;
}

} // namespace

Disposition dispositionOf(const ServiceAnswer& answer)
{
    if (const auto* fault = std::get_if<soap::Fault>(&answer)) return dispositionOfFault(*fault);
    const auto& response = std::get<wstep::TokenResponse>(answer);
    if (const auto* issued = std::get_if<wstep::Issued>(&response))
        return {Disposition::State::Issued, issued->requestId, issued->dispositionMessage,
            HResult::Failed, issued->certificate};
    if (const auto* pending = std::get_if<wstep::Pending>(&response))
        return {Disposition::State::Pending, pending->requestId, pending->dispositionMessage,
            HResult::Failed, {}};
    return {};
}

std::string codeText(HResult code)
{
    const auto text = toText(code); // "0x80094004 CERTSRV_E_PROPERTY_EMPTY"
    const auto name = nameOf(code);
    return text.substr(0, 10) + " (" + std::to_string(toSigned(code)) +
           (name.empty() ? "" : " " + std::string(name)) + ")";
}

std::string_view sentenceOf(HResult code)
{
    switch (code) {
    case HResult::PropertyEmpty: return "The requested property value is empty.";
    case HResult::AdminDeniedRequest:
        return "The request was denied by a certificate manager or CA administrator.";
    case HResult::AccessDenied: return "Access is denied.";
    case HResult::InvalidArgument: return "The parameter is incorrect.";
    default: return "";
    }
}

} // namespace perennial::enrollment::server::web
