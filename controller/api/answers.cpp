#include "controller/api/answers.h"

namespace perennial::controller {

http::Answer jsonAnswer(const Json& body, int status)
{
    return {status, "application/json", body.canonical(), {}};
}

http::Answer errorAnswer(int status, ErrorKind kind, const std::string& message)
{
    Json body;
    body["error"]["kind"] = nameOf(kind);
    body["error"]["message"] = message;
    return jsonAnswer(body, status);
}

http::Answer errorAnswer(const Error& error)
{
    switch (error.kind) {
    case ErrorKind::InvalidInput: return errorAnswer(400, error.kind, error.message);
    case ErrorKind::PermissionDenied: return errorAnswer(403, error.kind, error.message);
    case ErrorKind::NotFound: return errorAnswer(404, error.kind, error.message);
    case ErrorKind::Conflict: return errorAnswer(409, error.kind, error.message);
    case ErrorKind::Unavailable: return errorAnswer(503, error.kind, error.message);
    case ErrorKind::Corrupt:
    case ErrorKind::Internal: break;
    }
    return errorAnswer(500, error.kind, "the controller failed; its log says why");
}

http::Answer tooManyAnswer(std::chrono::seconds wait, const std::string& what)
{
    const auto seconds = std::to_string(wait.count());
    auto answer =
        errorAnswer(429, ErrorKind::Unavailable, what + ": try again in " + seconds + " s");
    answer.headers["Retry-After"] = seconds; // RFC 9110 10.2.3
    return answer;
}

http::Answer refusalAnswer(int status, const std::string& message)
{
    return errorAnswer(status, ErrorKind::InvalidInput, message);
}

} // namespace perennial::controller
