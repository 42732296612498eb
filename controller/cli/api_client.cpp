#include "controller/cli/api_client.h"

#include "shared/base/encoding.h"
#include "shared/base/secret_file.h"
#include "shared/model/identifiers.h"
#include "shared/x509/certificate.h"

#include <algorithm>
#include <filesystem>

namespace perennial::cli {

namespace {

constexpr std::size_t answerLimit = 128U << 20U;
constexpr std::size_t fileLimit = 1U << 20U;

http::ClientLimits limits()
{
    http::ClientLimits limits;
    limits.body = answerLimit;
    return limits;
}

Result<Json> parseAnswer(const std::string& body)
{
    Json::Limits bounds;
    bounds.bytes = answerLimit;
    bounds.values = 5'000'000;
    return Json::parse(body, bounds);
}

std::string percentEncoded(const std::string& text)
{
    std::string encoded;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                                c == '~';
        encoded += unreserved ? std::string(1, c) : "%" + toUpperHex(std::string_view(&c, 1));
    }
    return encoded;
}

Error wrong(const ServerSettings& server, const std::string& key, const std::string& message)
{
    return {ErrorKind::InvalidInput, server.name + "." + key + ": " + message};
}

Result<std::vector<x509::Certificate>> readTrust(
    const ServerSettings& server, const FileSystem& files)
{
    // An administrator may keep a link to the file; what is behind it counts.
    std::error_code failed;
    auto path = std::filesystem::canonical(server.trustFile, failed);
    if (failed) path = server.trustFile;
    const auto text = files.read(path, fileLimit);
    if (!text) return wrong(server, "trust_file", text.error().message);
    auto anchors = x509::Certificate::allFromPem(*text);
    if (!anchors)
        return wrong(server, "trust_file", server.trustFile + ": " + anchors.error().message);
    if (anchors->empty())
        return wrong(server, "trust_file", server.trustFile + ": no certificate in it");
    return anchors;
}

Result<Secret> readToken(const ServerSettings& server)
{
    const auto& file = server.tokenFile;
    auto token = readSecretLine(file);
    if (!token && token.error().kind == ErrorKind::PermissionDenied)
        return wrong(server, "token_file",
            token.error().message + ", and have the token replaced if somebody could have read it");
    if (!token && token.error().kind != ErrorKind::InvalidInput)
        return wrong(server, "token_file", token.error().message);
    const auto text = token ? token->reveal() : std::string_view();
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(),
                                            [](char c) { return c > ' ' && c < 0x7F; });
    if (!plain) return wrong(server, "token_file", file + ": must hold one token and nothing else");
    return token;
}

ErrorKind kindOf(int status)
{
    if (status == 401 || status == 403) return ErrorKind::PermissionDenied;
    if (status == 404) return ErrorKind::NotFound;
    if (status == 409) return ErrorKind::Conflict;
    if (status == 429 || status == 502 || status == 503 || status == 504)
        return ErrorKind::Unavailable;
    return status >= 400 && status < 500 ? ErrorKind::InvalidInput : ErrorKind::Internal;
}

const char* tokenCommandOf(const ServerSettings& server)
{
    return server.name == "controller" ? "perennial-controller operator add"
                                       : "perennial-enrollment admin add";
}

} // namespace

Status checkIdentifier(const std::string& what, const std::string& text)
{
    if (model::isSafeIdentifier(text) && text.front() != '.') return {};
    return Error{ErrorKind::InvalidInput,
        "that is no " + what + "'s id: \"" + toPrintable(text, 100) + "\""};
}

ApiClient::ApiClient(ServerSettings server, tls::ClientSettings settings, Secret token)
    : server_(std::move(server)), client_(std::move(settings), limits()), token_(std::move(token))
{
}

Result<ApiClient> ApiClient::open(const ServerSettings& server, const FileSystem& files)
{
    auto anchors = readTrust(server, files);
    if (!anchors) return anchors.error();
    auto token = readToken(server);
    if (!token) return token.error();
    tls::ClientSettings settings;
    settings.trust.anchors = *std::move(anchors);
    return ApiClient(server, std::move(settings), *std::move(token));
}

Result<Json> ApiClient::get(const std::string& path, const Query& query)
{
    std::string target = path;
    char separator = '?';
    for (const auto& [name, value] : query) {
        if (value.empty()) continue;
        target += separator + name + "=" + percentEncoded(value);
        separator = '&';
    }
    return send("GET", target, "");
}

Result<Json> ApiClient::getAll(const std::string& path, Query query)
{
    Json::Array all;
    for (std::string seen;;) {
        const auto page = get(path, query);
        if (!page) return page;
        const auto* items = page->find("items");
        if (items == nullptr || items->array() == nullptr)
            return Error{ErrorKind::Internal, server_.url + path + " answered without items"};
        all.insert(all.end(), items->array()->begin(), items->array()->end());
        const auto* next = page->find("next");
        if (next == nullptr || next->string() == nullptr || *next->string() == seen) break;
        seen = *next->string();
        query["cursor"] = seen;
    }
    Json body;
    body["items"] = Json(std::move(all));
    return body;
}

Result<Json> ApiClient::post(const std::string& path, const Json& body)
{
    return send("POST", path, body.canonical());
}

Result<Json> ApiClient::remove(const std::string& path) { return send("DELETE", path, ""); }

Result<Json> ApiClient::send(const std::string& method, const std::string& target, std::string body)
{
    http::ClientRequest request;
    request.method = method;
    request.url = server_.url + target;
    request.body = std::move(body);
    request.headers["Authorization"] = "Bearer " + std::string(token_.reveal());
    if (!request.body.empty()) request.headers["Content-Type"] = "application/json";
    const auto response = client_.send(request);
    if (!response) return explain(response.error());
    auto answer = parseAnswer(response->body);
    if (response->status < 200 || response->status > 299) return explain(response->status, answer);
    if (!answer)
        return Error{ErrorKind::Internal,
            server_.url + target + " answered no JSON; is it the " + server_.name + "'s API?"};
    return answer;
}

// Nothing was answered.
Error ApiClient::explain(const Error& error) const
{
    auto message = error.message;
    if (error.kind == ErrorKind::PermissionDenied)
        message += "; the authorities in " + server_.trustFile + " (" + server_.name +
                   ".trust_file) are those that count";
    if (error.kind == ErrorKind::Unavailable)
        message += "; does the " + server_.name + " run, and is " + server_.name + ".url right?";
    return {error.kind, message};
}

Error ApiClient::explain(int status, const Result<Json>& answer) const
{
    std::string said = "it answered HTTP " + std::to_string(status);
    if (answer) {
        const auto* error = answer->find("error");
        const auto* text = error == nullptr ? nullptr : error->find("message");
        if (text != nullptr && text->string() != nullptr) said = toPrintable(*text->string(), 2000);
    }
    auto message = server_.name + ": " + said;
    if (status == 401)
        message += "; it does not know the token in " + server_.tokenFile + " (" + server_.name +
                   ".token_file): `" + tokenCommandOf(server_) + "` makes one that it knows";
    if (status == 403) message += "; the token is that in " + server_.tokenFile;
    return {kindOf(status), message};
}

} // namespace perennial::cli
