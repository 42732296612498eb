// Who may speak with the server, judged by openssl s_client and curl.

#include "tests/unit/http/server_fixture.h"

#include <atomic>

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string request = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

std::vector<std::string> certificateArguments(const TestCertificate& files)
{
    return {"-cert", files.certificate, "-key", files.key, "-cert_chain", files.chain};
}

} // namespace

TEST_CASE("curl verifies the server and is answered, with TLS 1.2 and 1.3")
{
    const HttpPki fixture;
    const RunningServer running(fixture);
    for (const std::string version : {"1.2", "1.3"}) {
        const auto answer =
            curl(fixture, {"--tlsv" + version, "--tls-max", version, running.url("/x")});
        CHECK(answer == "GET /x body=0 peer=none from=127.0.0.1\n200");
    }
}

TEST_CASE("TLS before 1.2 is refused")
{
    const HttpPki fixture;
    const RunningServer running(fixture);
    for (const std::string version : {"-tls1", "-tls1_1"}) {
        const auto output = sendRaw(running, request, {version, "-cipher", "ALL:@SECLEVEL=0"});
        CHECK_FALSE(contains(output, "200 OK"));
        CHECK(contains(output, "protocol version"));
    }
    CHECK(contains(sendRaw(running, request, {"-tls1_2"}), "200 OK"));
}

TEST_CASE("a client certificate that is not asked for is not seen")
{
    const HttpPki fixture;
    const RunningServer running(fixture);
    CHECK(contains(curl(fixture, withClient(fixture.pki["web1"], {running.url()})), "peer=none"));
}

TEST_CASE("an optional client certificate may be missing, and is verified when it is there")
{
    HttpPki fixture;
    fixture.pki.issueClient("nobody", "stranger");
    const RunningServer running(fixture, ClientCertificate::Optional);
    CHECK(contains(curl(fixture, {running.url()}), "peer=none"));
    CHECK(contains(curl(fixture, withClient(fixture.pki["web1"], {running.url()})), "peer=web1"));
    for (const std::string version : {"1.2", "1.3"}) {
        const auto answer =
            curl(fixture, withClient(fixture.pki["nobody"],
                              {"--tlsv" + version, "--tls-max", version, running.url()}));
        CHECK(contains(answer, "000"));
        CHECK_MESSAGE(contains(answer, "unknown ca"), answer);
    }
}

TEST_CASE("a required client certificate must be there, valid, ours and meant for clients")
{
    HttpPki fixture;
    TestCertificateContent content;
    content.commonName = "web1";
    content.extendedKeyUsage = "clientAuth";
    content.notAfter = "20210101000000Z";
    fixture.pki.issue("expired", "issuing", content);
    content.notAfter = "20991231235959Z";
    content.extendedKeyUsage = "serverAuth";
    fixture.pki.issue("server-only", "issuing", content);
    fixture.pki.issueClient("nobody", "stranger");
    fixture.pki.selfSigned("self", content);
    std::atomic<int> calls{0};
    const RunningServer running(
        fixture, ClientCertificate::Required, [&calls](const http::Call& call) {
            ++calls;
            return describe(call);
        });

    const std::map<std::string, std::string> alerts = {{"expired", "certificate expired"},
        {"server-only", "unsupported certificate"}, {"nobody", "unknown ca"},
        {"self", "unknown ca"}};
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        auto arguments = certificateArguments(fixture.pki["web1"]);
        arguments.push_back(version);
        CHECK(contains(sendRaw(running, request, arguments), "peer=web1"));
        calls = 0;
        const auto without = sendRaw(running, request, {version});
        CHECK_FALSE(contains(without, "HTTP/1.1"));
        CHECK(
            contains(without, version == "-tls1_3" ? "certificate required" : "handshake failure"));
        for (const auto& [name, alert] : alerts) {
            CAPTURE(name);
            arguments = certificateArguments(fixture.pki[name]);
            arguments.push_back(version);
            const auto output = sendRaw(running, request, arguments);
            CHECK_FALSE(contains(output, "HTTP/1.1"));
            CHECK_MESSAGE(contains(output, alert), output);
        }
        CHECK(calls == 0);
    }
}

TEST_CASE("sessions are resumed, with the client certificate of the first handshake")
{
    const HttpPki fixture;
    const RunningServer running(fixture, ClientCertificate::Required);
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const std::string session = fixture.folder / "session.pem";
        auto arguments = certificateArguments(fixture.pki["web1"]);
        arguments.insert(arguments.end(), {version, "-sess_out", session});
        CHECK(contains(sendRaw(running, request, arguments), "New, TLS"));
        const auto resumed = sendRaw(running, request, {version, "-sess_in", session});
        CHECK(contains(resumed, "Reused, TLS"));
        CHECK(contains(resumed, "peer=web1"));
    }
}

TEST_CASE(
    "whose signature on the client certificate was verified is known on the connection that did")
{
    const HttpPki fixture;
    const RunningServer running(fixture, ClientCertificate::Required, [](const http::Call& call) {
        const auto& issuer = call.peerIssuer;
        return http::Answer{200, "text/plain",
            "issuer=" + (issuer ? issuer->commonName() : "unset") +
                (issuer && call.peer && call.peer->isSignedBy(*issuer) ? " signed it" : ""),
            {}};
    });
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const std::string session = fixture.folder / "session.pem";
        auto arguments = certificateArguments(fixture.pki["web1"]);
        arguments.insert(arguments.end(), {version, "-sess_out", session});
        const auto first = sendRaw(running, request, arguments);
        CHECK_MESSAGE(contains(first, "issuer=issuing signed it"), first);
        const auto resumed = sendRaw(running, request, {version, "-sess_in", session});
        CHECK(contains(resumed, "Reused, TLS"));
        CHECK_MESSAGE(contains(resumed, "issuer=unset"), resumed);
    }
}

TEST_CASE("our own client resumes, over TLS with a client certificate")
{
    const HttpPki fixture;
    const RunningServer running(fixture, ClientCertificate::Required);
    auto settings = fixture.trusting();
    settings.identity = identityOf(fixture.pki["web1"]);
    http::Client client(settings);
    for (int i = 0; i < 3; ++i) {
        const auto answer = client.send({"GET", running.url(), {}, {}});
        REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().message));
        CHECK(contains(answer->body, "peer=web1"));
        client.closeConnections();
    }
}

TEST_CASE("the certificate can be replaced while connections go on")
{
    HttpPki fixture;
    fixture.pki.issueServer("renewed.test", "issuing");
    const RunningServer running(fixture);
    http::Client client(fixture.trusting());
    CHECK(client.send({"GET", running.url(), {}, {}}).ok());
    const auto served = [&] {
        const auto probe =
            tls::probeListener({"127.0.0.1", running.server->port(), ""}, Duration(10));
        REQUIRE(probe.ok());
        return probe->chain[0].commonName() + " " + std::to_string(probe->chain.size());
    };
    CHECK(served() == "example.test 2");
    running.server->replaceIdentity(identityOf(fixture.pki["renewed.test"], true));
    CHECK(served() == "renewed.test 3");
    CHECK(client.send({"GET", running.url(), {}, {}}).ok()); // the old connection

    SUBCASE("an unusable identity changes nothing")
    {
        running.server->replaceIdentity(tls::Identity{});
        CHECK(served() == "renewed.test 3");
    }
    SUBCASE("sessions of the old certificate are not resumed")
    {
        const std::string session = fixture.folder / "session.pem";
        CHECK(contains(sendRaw(running, request, {"-sess_out", session}), "New, TLS"));
        running.server->replaceIdentity(identityOf(fixture.pki["example.test"]));
        const auto again = sendRaw(running, request, {"-sess_in", session});
        CHECK(contains(again, "New, TLS"));
        CHECK(contains(again, "200 OK"));
    }
}

TEST_CASE("the server works over IPv6, and \"::\" takes both")
{
    const HttpPki fixture;
    const RunningServer v6(fixture, ClientCertificate::No, describe, {}, "::1");
    CHECK(curl(fixture, {v6.url("/", "[::1]")}) == "GET / body=0 peer=none from=::1\n200");
    CHECK(get(fixture.trusting(), v6.url("/", "[::1]"))->body == "GET / body=0 peer=none from=::1");
    const RunningServer both(fixture, ClientCertificate::No, describe, {}, "::");
    CHECK(contains(curl(fixture, {both.url("/", "127.0.0.1")}), "from=127.0.0.1"));
    CHECK(contains(curl(fixture, {both.url("/", "[::1]")}), "from=::1"));
}

TEST_CASE("a server that cannot work does not start, and says why")
{
    const HttpPki fixture;
    const Log log("test", LogLevel::Error);
    tls::ServerSettings settings;
    settings.identity = identityOf(fixture.pki["example.test"]);
    const auto start = [&](const http::Server::Listen& listen) {
        return http::Server::start(listen, settings, {}, describe, log);
    };
    const RunningServer running(fixture);
    const auto taken = start({"127.0.0.1", running.server->port()});
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().kind == ErrorKind::Conflict);
    for (const http::Server::Listen& wrong : {http::Server::Listen{"localhost", 0}, {"", 0},
             {"127.0.0.1", 70000}, {"127.0.0.1", -1}, {"192.0.2.1", 0}}) {
        const auto started = start(wrong);
        REQUIRE_FALSE(started.ok());
        CHECK(started.error().kind == ErrorKind::InvalidInput);
    }
    settings.clientCertificate = ClientCertificate::Required;
    const auto trustless = start({"127.0.0.1", 0});
    REQUIRE_FALSE(trustless.ok());
    CHECK(contains(trustless.error().message, "no authority is trusted"));
    settings.clientCertificate = ClientCertificate::No;
    settings.identity.key = identityOf(fixture.pki["web1"]).key;
    CHECK_FALSE(start({"127.0.0.1", 0}).ok());
}
