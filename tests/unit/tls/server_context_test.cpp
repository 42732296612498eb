// What the server's context decides by itself; curl and openssl judge the rest in tests/unit/http.

#include "shared/tls/client_handshake.h"
#include "shared/tls/server_context.h"
#include "tests/unit/tls/tls_pair.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Pair : TlsPair {
    Pair(SSL_CTX* clientContext, SSL_CTX* serverContext, SSL_SESSION* session)
        : TlsPair(clientContext, serverContext, session)
    {
        REQUIRE_MESSAGE(clientProgress == tls::Progress::Done, client->failure());
        REQUIRE_MESSAGE(serverProgress == tls::Progress::Done, server->failure());
        char byte = 0;
        std::size_t count = 0;
        REQUIRE(server->write("x", 1, count) == tls::Progress::Done);
        REQUIRE(client->read(&byte, 1, count) == tls::Progress::Done); // takes the ticket too
    }
};

long serverSessionTimeout(const Pair& pair)
{
    return SSL_SESSION_get_timeout(SSL_get_session(pair.server->handle()));
}

} // namespace

TEST_CASE("sessions last an hour, and never longer than the client certificate")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("example.test", "root");
    pki.issueClient("long", "root");
    TestCertificateContent content;
    content.commonName = "short";
    content.extendedKeyUsage = "clientAuth";
    std::string end = toRfc3339(SystemClock().now() + Duration(600)); // 2026-11-21T06:00:00Z
    std::erase_if(end, [](char c) { return c == '-' || c == ':' || c == 'T'; });
    content.notAfter = end;
    pki.issue("short", "root", content);

    tls::ServerSettings settings;
    settings.identity = identityOf(pki["example.test"]);
    settings.clientCertificate = tls::ServerSettings::ClientCertificate::Required;
    settings.clientAnchors = *x509::Certificate::allFromPem(readText(pki["root"].certificate));
    const auto server = tls::ServerContext::make(settings);
    REQUIRE(server.ok());

    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const std::string name : {"long", "short"}) {
            CAPTURE(version);
            CAPTURE(name);
            tls::ClientSettings trusting;
            trusting.trust.anchors = settings.clientAnchors;
            trusting.identity = identityOf(pki[name]);
            tls::ClientHandshake rules(trusting);
            const tls::SslContextHandle client(SSL_CTX_new(TLS_client_method()));
            REQUIRE(rules.configure(client.get(), "example.test").ok());
            REQUIRE(SSL_CTX_set_max_proto_version(client.get(), version) == 1);

            const Pair first(client.get(), (*server)->handle(), nullptr);
            CHECK(SSL_session_reused(first.server->handle()) == 0);
            const auto session = SSL_get1_session(first.client->handle());
            const Pair second(client.get(), (*server)->handle(), session);
            SSL_SESSION_free(session);
            CHECK(SSL_session_reused(second.server->handle()) == 1);
            CHECK(second.server->peerCertificate()->commonName() == name);
            for (const Pair* pair : {&first, &second}) {
                if (name == "long") CHECK(serverSessionTimeout(*pair) == 3600);
                if (name == "short") CHECK(serverSessionTimeout(*pair) <= 600);
            }
        }
    }
}
