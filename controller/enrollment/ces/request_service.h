#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/enrollment_config.h"
#include "shared/enrollment/soap/fault.h"
#include "shared/enrollment/wstep/token_request.h"
#include "shared/enrollment/wstep/token_response.h"

#include <string>
#include <variant>

namespace perennial::enrollment::server {

using ServiceAnswer = std::variant<wstep::TokenResponse, soap::Fault>;

// Where a request came in.
struct Endpoint {
    const EnrollmentServiceSettings& settings;
    std::string url;
    std::string remoteAddress;
};

// What stands behind CES and /certsrv: the embedded authority with its templates and rules
// (CertificateService), or a relay to the CES of another machine. What it answers is on disk, with
// its event. Called on many threads at once.
class RequestService {
public:
    virtual ~RequestService() = default;

    virtual ServiceAnswer answer(const Endpoint& endpoint, const Caller& caller,
        const wstep::TokenRequest& request, TimePoint now) = 0;
};

} // namespace perennial::enrollment::server
