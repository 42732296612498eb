#include "agent/controller_client.h"

namespace perennial::agent {

namespace {

constexpr std::size_t answerLimit = 16U << 20U;

http::ClientLimits limits()
{
    http::ClientLimits limits;
    limits.body = answerLimit;
    return limits;
}

ErrorKind kindOf(int status)
{
    if (status == 401 || status == 403) return ErrorKind::PermissionDenied;
    if (status == 404) return ErrorKind::NotFound;
    if (status == 409) return ErrorKind::Conflict;
    if (status == 429 || status >= 500) return ErrorKind::Unavailable;
    return ErrorKind::InvalidInput;
}

// What no controller of ours says.
Error strange(const Error& error, const std::string& what)
{
    return Error{ErrorKind::Corrupt, error.message}.in(what);
}

Result<Json> answerOf(const Result<http::ClientResponse>& response, const std::string& what)
{
    if (!response && response.error().kind == ErrorKind::InvalidInput)
        return strange(response.error(), what);
    if (!response) return response.error().in(what);
    Json::Limits bounds;
    bounds.bytes = answerLimit;
    auto json = Json::parse(response->body, bounds);
    if (response->status >= 200 && response->status < 300) {
        if (!json) return strange(json.error(), what);
        return json;
    }
    std::string message = "the controller answered " + std::to_string(response->status);
    if (json) {
        const auto* error = json->find("error");
        const auto* text = error == nullptr ? nullptr : error->find("message");
        if (text != nullptr && text->string() != nullptr)
            message += ": " + toPrintable(*text->string());
    }
    return Error{kindOf(response->status), what + ": " + message};
}

http::ClientRequest request(
    const std::string& method, const std::string& url, const std::string& body)
{
    http::ClientRequest request;
    request.method = method;
    request.url = url;
    request.body = body;
    if (!body.empty()) request.headers["Content-Type"] = "application/json";
    return request;
}

} // namespace

ControllerClient::ControllerClient(std::string url, const AgentIdentity& identity)
    : url_(std::move(url)), client_({{identity.authority, ""}, identity.tls}, limits())
{
}

Result<Json> ControllerClient::ask(
    const std::string& method, const std::string& path, const std::string& body)
{
    return answerOf(client_.send(request(method, url_ + path, body)), path);
}

Result<protocol::JoinAnswer> ControllerClient::join(const std::string& url,
    const protocol::JoinToken& token, const std::string& hostName, const std::string& requestPem)
{
    http::Client client({{{}, token.authorityPin}, {}}, limits());
    const auto body = protocol::toJson(protocol::JoinRequest{token.secret, hostName, requestPem});
    const auto json =
        answerOf(client.send(request("POST", url + "/v1/join", body.canonical())), "/v1/join");
    if (!json) return json.error();
    return protocol::joinAnswerFromJson(*json);
}

Result<protocol::CheckinAnswer> ControllerClient::checkin(const protocol::Checkin& checkin)
{
    const auto json = ask("POST", "/v1/checkin", protocol::toJson(checkin).canonical());
    if (!json) return json.error();
    auto answer = protocol::checkinAnswerFromJson(*json);
    if (!answer) return strange(answer.error(), "/v1/checkin");
    return answer;
}

Result<protocol::Documents> ControllerClient::documents(bool withSigned)
{
    const auto json = ask("GET", withSigned ? "/v1/signed-documents" : "/v1/documents", "");
    if (!json) return json.error();
    return protocol::documentsFromJson(*json);
}

Status ControllerClient::sendInventory(const model::InventoryReport& report)
{
    const auto json = ask("POST", "/v1/inventory", protocol::toJson(report).canonical());
    if (!json) return json.error();
    return {};
}

Status ControllerClient::sendChanges(const protocol::InventoryDelta& delta)
{
    const auto json = ask("POST", "/v1/inventory/changes", protocol::toJson(delta).canonical());
    if (!json) return json.error();
    return {};
}

Result<std::int64_t> ControllerClient::sendEvents(const protocol::EventBatch& batch)
{
    const auto json = ask("POST", "/v1/events", protocol::toJson(batch).canonical());
    if (!json) return json.error();
    JsonReader in(*json, "/v1/events");
    const auto acknowledged = in.integer("acknowledged");
    if (auto status = in.finishIgnoringOthers(); !status) return status.error();
    return acknowledged;
}

Result<std::string> ControllerClient::renewIdentity(const std::string& requestPem)
{
    const auto json = ask("POST", "/v1/identity",
        protocol::toJson(protocol::IdentityRequest{requestPem}).canonical());
    if (!json) return json.error();
    const auto answer = protocol::identityAnswerFromJson(*json);
    if (!answer) return answer.error();
    return answer->identityPem;
}

} // namespace perennial::agent
