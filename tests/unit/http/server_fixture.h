#pragma once

#include "shared/http/server/http_server.h"
#include "shared/tls/listener_probe.h"
#include "tests/unit/http/client_fixture.h"

#include <memory>

namespace perennial::test {

using ClientCertificate = tls::ServerSettings::ClientCertificate;

// Says what it was asked: "POST /path a=b body=5 peer=web1 from=127.0.0.1".
inline http::Answer describe(const http::Call& call)
{
    std::string text = call.method + " " + call.path;
    for (const auto& [name, value] : call.query)
        text += " " + name + "=" + value;
    text += " body=" + std::to_string(call.body.size());
    text += " peer=" + (call.peer ? call.peer->commonName() : "none");
    text += " from=" + call.remoteAddress;
    return {200, "text/plain", text, {}};
}

struct RunningServer {
    RunningServer(const HttpPki& fixture, ClientCertificate wanted = ClientCertificate::No,
        http::Handler handler = describe, http::ServerLimits limits = {},
        const std::string& host = "127.0.0.1", http::Reception reception = {})
    {
        tls::ServerSettings settings;
        settings.identity = identityOf(fixture.pki["example.test"]);
        settings.clientCertificate = wanted;
        if (wanted != ClientCertificate::No)
            settings.clientAnchors = {certificateOf(fixture.pki["root"])};
        auto started = http::Server::start({host, 0}, settings, limits, std::move(handler),
            Log("test", LogLevel::Error), std::move(reception));
        REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
        server = *std::move(started);
    }
    std::string url(const std::string& path = "/", const std::string& host = "localhost") const
    {
        return urlOf(server->port(), path, host);
    }
    std::unique_ptr<http::Server> server;
};

// The curl command line, quiet, as a stranger's client. Output is the body, then "\n<status>".
inline std::string curl(const HttpPki& fixture, std::vector<std::string> more)
{
    std::vector<std::string> command = {"/usr/bin/curl", "--silent", "--show-error", "--max-time",
        "10", "--noproxy", "*", "--cacert", fixture.pki["root"].certificate, "--write-out",
        "\n%{http_code}"};
    command.insert(command.end(), more.begin(), more.end());
    return runTool(command).output;
}

inline std::vector<std::string> withClient(
    const TestCertificate& client, std::vector<std::string> more)
{
    more.insert(more.end(), {"--cert", client.chain, "--key", client.key});
    return more;
}

// Sends `text` as it is through openssl s_client and returns all that is printed until the server
// closes.
inline std::string sendRaw(const RunningServer& running, const std::string& text,
    std::vector<std::string> more = {}, int timeoutSeconds = 20)
{
    std::vector<std::string> command = {"/usr/bin/openssl", "s_client", "-connect",
        "127.0.0.1:" + std::to_string(running.server->port()), "-ign_eof"};
    command.insert(command.end(), more.begin(), more.end());
    return runTool(command, text, timeoutSeconds).output;
}

inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace perennial::test
