#include "plugins/ces_issuer/fault_cause.h"

#include <algorithm>
#include <array>

namespace perennial::plugins {

namespace soap = enrollment::soap;
using enrollment::HResult;

namespace {

// The CA or what stands behind it could not be reached; nothing was decided.
constexpr std::array transient = {HResult::RpcServerUnavailable, HResult::Failed,
    HResult::RevocationOffline, HResult::NoRevocationCheck};

} // namespace

Result<IssueOutcome> outcomeOf(const soap::Fault& fault)
{
    const auto text = fault.reason.empty() ? std::string("no reason given") : fault.reason;
    if (soap::isAuthenticationFault(fault))
        return Error{
            ErrorKind::PermissionDenied, "the service did not accept who asks (" + text +
                                             "): check user name, password or certificate"};
    if (!fault.detail || !fault.detail->errorCode) {
        if (fault.code == soap::Fault::Code::Sender)
            return Error{
                ErrorKind::InvalidInput, "the service did not accept the message: " + text};
        return Error{ErrorKind::Unavailable, "the service failed: " + text};
    }
    const auto code = *fault.detail->errorCode;
    const auto described = text + " [" + toText(code) + "]";
    if (std::find(transient.begin(), transient.end(), code) != transient.end())
        return Error{
            ErrorKind::Unavailable, "the certification authority did not answer: " + described};
    if (fault.detail->invalidRequest.value_or(false)) return IssueOutcome(Denied{described});
    return Error{ErrorKind::InvalidInput, "the service could not handle the request: " + described};
}

} // namespace perennial::plugins
