#pragma once

#include "controller/enrollment/enrollment_config.h"
#include "shared/http/server/http_server.h"

#include <optional>

namespace perennial::enrollment::server {

// WSDL 1.1 for whoever looks where IIS would have it: GET of <endpoint>?wsdl, of its service.svc
// and of service.svc/mex. It says address, action and messages, nothing of templates or callers.
// nullopt when the call asks for nothing of the kind.
std::optional<http::Answer> describeService(const EnrollmentConfig& config, const http::Call& call);

} // namespace perennial::enrollment::server
