#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/tls/tls_settings.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace perennial::http {

struct ClientRequest {
    std::string method = "GET";
    std::string url; // https, unless plainToo says otherwise
    std::map<std::string, std::string> headers;
    std::string body;
    // For what is bound to the channel (RFC 5929): no TLS session is resumed, and Client::server()
    // tells whose certificate the connection shows.
    bool identifyServer = false;
    // With it: nothing is sent unless the connection shows this certificate.
    std::optional<x509::Certificate> onlyTo = {};
    // http as well: for what everybody may read and whoever reads it verifies, as a CRL.
    bool plainToo = false;
};

struct ClientResponse {
    int status = 0;
    std::map<std::string, std::string> headers; // names in lower case
    std::string body;
};

struct ClientLimits {
    Duration connect{10};
    Duration total{60};
    std::size_t body = 4U << 20U;
};

// Where the last call failed, for those who decide by it; its Error says it in words.
enum class Obstacle {
    None,            // there was an answer
    Request,         // it could not be made: a bad URL, header or identity
    NameLookup,      // DNS
    Connect,         // nobody there
    Timeout,         // the outcome is unknown
    CutOff,          // the same
    NotTls,          // something else than TLS speaks there
    ServerUntrusted, // its certificate, by name or chain
    ServerChanged,   // it shows another certificate than onlyTo; nothing was sent
    ServerTooEarly,  // its certificate is not valid yet: somebody's clock
    ServerExpired,   // its certificate
    OwnCertificate,  // the server did not like ours, or wants one
    TlsRefused,      // the server refused for another reason: version, ciphers
    Answer,          // what came is no HTTP, or over the limit
    Internal,
};

// HTTPS/1.1 (curl), without TLS only where a request says so. TLS 1.2 or later, chain and host name
// verified always, no redirect, no proxy,
// no cookies, no authentication of its own but the client certificate. Keeps its connection between
// calls. One thread. Errors: Unavailable (not reached, cut off, timed out), PermissionDenied (TLS
// refused by either side), InvalidInput (a bad URL, an answer over the limit).
class Client {
public:
    Client(tls::ClientSettings settings, ClientLimits limits = {});
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    Result<ClientResponse> send(const ClientRequest& request);
    Obstacle obstacle() const;
    // Of the last call's connection, verified, where identifyServer was set and it came so far.
    const std::optional<x509::Certificate>& server() const;
    // TLS sessions are kept, so that the next connection resumes.
    void closeConnections();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace perennial::http
