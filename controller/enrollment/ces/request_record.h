#pragma once

#include "controller/enrollment/rules/built_names.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/x509/signing_request.h"

namespace perennial::enrollment::server {

struct RecordInput {
    std::string state;
    std::string message;
    std::string kind;
    std::string requester;
    std::string templateName;
    Bytes request;
    TimePoint now;
    std::string renews = {}; // serial of the old certificate
};
// Subject and names, a SID among them, come from outside: they are stored printable.
RequestRecord recordOf(const RecordInput& input, const x509::SigningRequest& request);

// What the certificate will say, where the request does not decide: the names of the caller's
// account, of a renewal those of the old certificate. A SID is among them.
struct ShownNames {
    std::string subject;
    std::string names; // separated by ", "
    friend bool operator==(const ShownNames&, const ShownNames&) = default;
};
ShownNames shownNames(const BuiltIdentity& identity);
ShownNames shownNames(const x509::Certificate& old);

// What an event says of a request, with the AD CS event number it corresponds to.
Json describeRequest(const x509::SigningRequest& request, const std::string& requester,
    const std::string& address, int adcsEvent);

} // namespace perennial::enrollment::server
