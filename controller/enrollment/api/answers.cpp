#include "controller/enrollment/api/answers.h"

namespace perennial::enrollment::server {

http::Answer jsonAnswer(int status, const Json& body)
{
    return {status, "application/json", body.canonical(), {}};
}

http::Answer failureAnswer(int status, ErrorKind kind, const std::string& message)
{
    Json body;
    body["error"]["kind"] = nameOf(kind);
    body["error"]["message"] = message;
    return jsonAnswer(status, body);
}

http::Answer failureAnswer(const Error& error)
{
    const int status = error.kind == ErrorKind::NotFound       ? 404
                       : error.kind == ErrorKind::Conflict     ? 409
                       : error.kind == ErrorKind::InvalidInput ? 400
                                                               : 500;
    return failureAnswer(status, error.kind, error.message);
}

} // namespace perennial::enrollment::server
