#pragma once

#include "shared/base/log.h"
#include "shared/base/result.h"
#include "shared/tls/tls_settings.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace perennial::http {

struct Call {
    std::string method;
    std::string path; // decoded, without query
    std::map<std::string, std::string> query;
    std::map<std::string, std::string> headers; // names in lower case
    std::string body;
    std::string remoteAddress;             // without port
    std::optional<x509::Certificate> peer; // verified against clientAnchors by TLS
    Bytes serverEndPoint; // channel binding of RFC 5929; empty where the certificate has none
    // Whose signature on `peer` TLS has verified in this connection's own handshake; unset where
    // the connection resumed another.
    std::optional<x509::Certificate> peerIssuer = {};
};

struct Answer {
    int status = 200;
    std::string contentType = "application/json";
    std::string body;
    std::map<std::string, std::string> headers;
    // A WWW-Authenticate each: browsers do not take a list in one field apart.
    std::vector<std::string> challenges = {};
    std::string caller = {}; // who it was found to be for, for access logs; never sent
};

struct ServerLimits {
    std::size_t body = 1U << 20U; // where no Reception says otherwise
    int connections = 512; // open at once; a new one takes the place of the one idle for longest
    int threads = 16;      // calls at once; connections that wait for their client cost no thread
    int keepAliveSeconds = 30; // between two requests
    int requestSeconds = 30;   // for each of: handshake, head, body, taking the answer
};

// Called on many threads at once. Whatever it throws becomes a 500 without a text.
using Handler = std::function<Answer(const Call&)>;

// Decided when the head of a call was read and nothing of its body.
struct Admission {
    std::size_t body = 0;          // bytes that the body may have
    std::optional<Answer> refusal; // answered at once; the body is not read
};

// The application's own say in what is received. Empty members: every body up to ServerLimits, and
// refusals without a text. Called like a handler, and must not wait.
struct Reception {
    std::function<Admission(const Call&)> admit; // the call has no body yet
    std::function<Answer(int status, const std::string& message)>
        refusal; // what the server refuses
    // Told of every answer before it is sent, and how long it took from the end of the head on. Of
    // a call that could not be read there is the address only.
    std::function<void(const Call&, const Answer&, std::chrono::milliseconds)> answered = {};
};

// HTTPS/1.1 on one address, IPv4 or IPv6. TLS 1.2 or later. Session tickets so that agents resume
// cheaply. What is not HTTP, too large, too slow or ambiguous is refused before the handler sees
// it: 400, 408, 413, 414, 417, 431, 501, 505. Paths come with dots resolved by nobody: a segment
// "." or
// ".." is refused. A header that comes twice is joined with ", ".
class Server {
public:
    struct Listen {
        std::string host = "127.0.0.1";
        int port = 0; // 0: the system chooses
    };
    // InvalidInput: settings that cannot work; Conflict: the port is taken; PermissionDenied.
    static Result<std::unique_ptr<Server>> start(const Listen& listen,
        const tls::ServerSettings& tls, const ServerLimits& limits, Handler handler, const Log& log,
        Reception reception = {});
    // The same without TLS, for what is public and signed in itself: CRLs, authority certificates
    // and OCSP answers. Nothing that authenticates anybody may be served so.
    static Result<std::unique_ptr<Server>> startWithoutTls(
        const Listen& listen, const ServerLimits& limits, Handler handler, const Log& log);
    ~Server(); // finishes the calls under way

    int port() const;
    void replaceIdentity(const tls::Identity& identity); // for new connections; no restart

private:
    struct State;
    static Result<std::unique_ptr<Server>> start(const Listen& listen,
        const tls::ServerSettings* tls, const ServerLimits& limits, Handler handler, const Log& log,
        Reception reception);
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace perennial::http
