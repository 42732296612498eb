#pragma once

#include "shared/base/json.h"
#include "shared/base/result.h"
#include "shared/http/server/http_server.h"

namespace perennial::controller {

// The two forms of every JSON answer of the controller.
http::Answer jsonAnswer(const Json& body, int status = 200);
http::Answer errorAnswer(
    const Error& error); // {"error": {"kind", "message"}}; Internal keeps its message to the log
http::Answer errorAnswer(int status, ErrorKind kind, const std::string& message);
http::Answer tooManyAnswer(std::chrono::seconds wait, const std::string& what); // 429
// What the server itself refuses (http::Reception).
http::Answer refusalAnswer(int status, const std::string& message);

} // namespace perennial::controller
