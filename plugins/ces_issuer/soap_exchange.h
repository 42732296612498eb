#pragma once

#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/soap/fault.h"
#include "shared/http/client/http_client.h"

#include <string>
#include <variant>

namespace perennial::plugins {

// Who asks, inside the message; by certificate it is the TLS connection that says it.
struct MessageCredentials {
    std::string userName; // empty: none
    std::string_view password;
};

// An answer to our message, or the fault it was answered with.
using SoapAnswer = std::variant<enrollment::soap::Element, enrollment::soap::Fault>;

// Sends one message and reads the answer: RelatesTo must name our message, the action must be the
// expected one. Errors: Unavailable when nothing usable came (not reached, HTML, 5xx without SOAP),
// PermissionDenied for 401, 403 and refused TLS, InvalidInput for a wrong address or a malformed
// answer.
Result<SoapAnswer> exchange(http::Client& client, const std::string& url, std::string_view action,
    std::string_view expectedAction, const MessageCredentials& credentials,
    const enrollment::soap::Element& body);

} // namespace perennial::plugins
