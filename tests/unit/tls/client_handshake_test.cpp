// What the client's context refuses by itself, with no other library behind it to notice.

#include "shared/tls/client_handshake.h"
#include "shared/tls/server_context.h"
#include "tests/unit/tls/tls_pair.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Attempt {
    bool accepted;
    std::string refusal;
};

Attempt shakeHands(const TestCertificate& server, const tls::Trust& trust, const std::string& host)
{
    tls::ServerSettings settings;
    settings.identity = identityOf(server, true);
    const auto context = tls::ServerContext::make(settings);
    REQUIRE(context.ok());
    tls::ClientSettings trusting;
    trusting.trust = trust;
    tls::ClientHandshake rules(trusting);
    const tls::SslContextHandle client(SSL_CTX_new(TLS_client_method()));
    REQUIRE(rules.configure(client.get(), host).ok());
    const TlsPair pair(client.get(), (*context)->handle());
    return {pair.clientProgress == tls::Progress::Done, rules.refusal()};
}

} // namespace

TEST_CASE("the handshake itself fails for a server that is not trusted or not the one asked for")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.makeRoot("stranger");
    const auto server = pki.issueServer("example.test", "root");
    const tls::Trust root{*x509::Certificate::allFromPem(readText(pki["root"].certificate)), ""};
    const tls::Trust stranger{
        *x509::Certificate::allFromPem(readText(pki["stranger"].certificate)), ""};

    for (const std::string host : {"example.test", "127.0.0.1", "::1"})
        CHECK(shakeHands(server, root, host).accepted);
    CHECK(shakeHands(server, {{}, pki.pin("root")}, "example.test").accepted);

    const auto foreign = shakeHands(server, stranger, "example.test");
    CHECK_FALSE(foreign.accepted);
    CHECK(foreign.refusal.find("is not accepted") != std::string::npos);
    for (const std::string host : {"other.test", "127.0.0.2", "sub.example.test"}) {
        const auto wrong = shakeHands(server, root, host);
        CHECK_FALSE(wrong.accepted);
        CHECK(wrong.refusal.find("for other names: dns:example.test") != std::string::npos);
    }
    const auto pinned = shakeHands(server, {{}, pki.pin("stranger")}, "example.test");
    CHECK_FALSE(pinned.accepted);
    CHECK(pinned.refusal.find("no authority in the chain") != std::string::npos);
}

TEST_CASE("a context is not configured without somebody to trust and a name to expect")
{
    const tls::SslContextHandle context(SSL_CTX_new(TLS_client_method()));
    tls::ClientHandshake nobody{tls::ClientSettings{}};
    CHECK(nobody.configure(context.get(), "example.test").error().kind == ErrorKind::InvalidInput);
    tls::ClientSettings pinned;
    pinned.trust.pin = std::string(64, 'a');
    tls::ClientHandshake rules(pinned);
    CHECK(rules.configure(context.get(), "").error().kind == ErrorKind::InvalidInput);
    CHECK(rules.configure(context.get(), "example.test").ok());
}
