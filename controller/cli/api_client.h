#pragma once

#include "controller/cli/cli_config.h"
#include "shared/base/json.h"
#include "shared/base/secret.h"
#include "shared/http/client/http_client.h"

#include <map>
#include <string>

namespace perennial::cli {

// Speaks with the operator API or the enrolment service's admin API. Errors say what to do:
// Unavailable (not reached, or not ready), PermissionDenied, NotFound, Conflict, InvalidInput (the
// question was wrong), Internal (the server failed).
class ApiClient {
public:
    using Query = std::map<std::string, std::string>; // empty values are left out

    static constexpr const char* mostAtOnce = "1000"; // items of a page of the operator API

    // Reads the trust file and the token; InvalidInput when one of them cannot be used.
    static Result<ApiClient> open(const ServerSettings& server, const FileSystem& files);

    Result<Json> get(const std::string& path, const Query& query = {});
    // Asks for further pages while there are any; {"items": [...]} of all of them.
    Result<Json> getAll(const std::string& path, Query query = {});
    Result<Json> post(const std::string& path, const Json& body);
    Result<Json> remove(const std::string& path);

private:
    ApiClient(ServerSettings server, tls::ClientSettings settings, Secret token);
    Result<Json> send(const std::string& method, const std::string& target, std::string body);
    Error explain(const Error& error) const;
    Error explain(int status, const Result<Json>& answer) const;

    ServerSettings server_;
    http::Client client_;
    Secret token_;
};

// One segment of a path that the user gave, such as an agent's id: InvalidInput unless it is an
// identifier, so it cannot lead to another path.
Status checkIdentifier(const std::string& what, const std::string& text);

} // namespace perennial::cli
