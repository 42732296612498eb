#pragma once

#include "plugins/ces_issuer/fault_cause.h"
#include "plugins/ces_issuer/negotiation.h"
#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/soap/fault.h"
#include "shared/http/client/http_client.h"

#include <string>
#include <variant>

namespace perennial::plugins {

// Who asks, where it is not the TLS connection that says it: inside the message, or by Negotiate.
struct MessageCredentials {
    std::string userName = {}; // empty: none
    std::string_view password = {};
    const gss::Initiator* kerberos = nullptr;
};

// An answer to our message, or the fault it was answered with.
using SoapAnswer = std::variant<enrollment::soap::Element, enrollment::soap::Fault>;

// What one exchange showed besides its answer.
struct ExchangeTrace {
    bool answered = false; // an HTTP answer came, whatever it said
    int status = 0;        // of it
    http::Obstacle obstacle = http::Obstacle::None;
    gss::Trouble trouble = gss::Trouble::None;
    std::optional<TimePoint> serverTime; // the Date of the answer
    std::optional<FaultCause> cause;     // when there is no good answer
    bool untaken = false;                // the message was not taken, for certain
};

// Sends one message and reads the answer: RelatesTo must name our message, the action must be the
// expected one. Errors: Unavailable when nothing usable came (not reached, HTML, 5xx without SOAP),
// PermissionDenied for 401, 403 and refused TLS, InvalidInput for a wrong address or a malformed
// answer.
Result<SoapAnswer> exchange(http::Client& client, const std::string& url, std::string_view action,
    std::string_view expectedAction, const MessageCredentials& credentials,
    const enrollment::soap::Element& body, ExchangeTrace& trace);

} // namespace perennial::plugins
