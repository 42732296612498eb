#pragma once

#include "shared/base/json.h"
#include "shared/base/result.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server {

// The form of the admin API's answers; errors as in docs/openapi.yaml.
http::Answer jsonAnswer(int status, const Json& body);
http::Answer failureAnswer(int status, ErrorKind kind, const std::string& message);
http::Answer failureAnswer(const Error& error);

} // namespace perennial::enrollment::server
