// The client certificate, and resumed sessions, against nginx and openssl s_server.

#include "tests/unit/http/client_fixture.h"

#include <thread>

using namespace perennial;
using namespace perennial::test;

namespace {

tls::ClientSettings presenting(const HttpPki& fixture, const std::string& name)
{
    auto settings = fixture.trusting();
    settings.identity = identityOf(fixture.pki[name]);
    return settings;
}

} // namespace

TEST_CASE("the client certificate is presented with its chain")
{
    const HttpPki fixture;
    const int port = freePort();
    Nginx nginx(port, nginxServer(port, fixture.pki["example.test"],
                          "ssl_client_certificate " + fixture.pki["root"].certificate +
                              "; ssl_verify_depth 3; ssl_verify_client optional;"
                              "return 200 \"$ssl_client_verify $ssl_client_s_dn\";"));
    CHECK(get(presenting(fixture, "web1"), urlOf(port))->body == "SUCCESS CN=web1");
    CHECK(get(fixture.trusting(), urlOf(port))->body == "NONE ");
}

TEST_CASE("a server that refuses the client certificate, or misses one, denies permission")
{
    HttpPki fixture;
    fixture.pki.issueClient("nobody", "stranger");
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        OpensslServer server(fixture.pki["example.test"],
            {"-www", version, "-Verify", "3", "-verify_return_error", "-CAfile",
                fixture.pki["root"].certificate, "-cert_chain", fixture.pki["issuing"].chain});
        CHECK(get(presenting(fixture, "web1"), urlOf(server.port())).ok());
        for (const auto& settings : {presenting(fixture, "nobody"), fixture.trusting()}) {
            const auto answer = get(settings, urlOf(server.port()));
            REQUIRE_FALSE(answer.ok());
            CHECK_MESSAGE(
                answer.error().kind == ErrorKind::PermissionDenied, answer.error().message);
            CHECK(answer.error().message.find("refused the TLS connection") != std::string::npos);
        }
    }
}

TEST_CASE("a server may ask for the certificate after the handshake, as IIS does")
{
    const HttpPki fixture;
    struct Asking {
        std::string version;
        std::string command; // to s_server
    };
    for (const auto& [version, command] : {Asking{"-tls1_3", "c\n"}, Asking{"-tls1_2", "R\n"}}) {
        CAPTURE(version);
        OpensslServer server(fixture.pki["example.test"],
            {version, "-no_resumption_on_reneg", "-CAfile", fixture.pki["root"].certificate,
                "-cert_chain", fixture.pki["issuing"].chain});
        Result<http::ClientResponse> answer = Error{ErrorKind::Internal, "not run"};
        {
            const std::jthread client([&] {
                answer = get(presenting(fixture, "web1"), urlOf(server.port()),
                    {Duration(10), Duration(10), 1000});
            });
            server.process().waitForOutput("GET / HTTP/1.1");
            server.process().say(command);
            server.process().waitForOutput("depth=0 CN = web1");
            server.process().say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\n");
        }
        REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().message));
        CHECK(answer->body == "hello");
    }
}

TEST_CASE("the connection is kept between calls, and the next one resumes its session")
{
    const HttpPki fixture;
    const int port = freePort();
    Nginx nginx(port, nginxServer(port, fixture.pki["example.test"],
                          "ssl_session_cache builtin:20; return 200 \"$connection_requests "
                          "$ssl_session_reused\";"));
    http::Client client(fixture.trusting());
    const http::ClientRequest request{"GET", urlOf(port), {}, {}};
    CHECK(client.send(request)->body == "1 .");
    CHECK(client.send(request)->body == "2 .");
    client.closeConnections();
    CHECK(client.send(request)->body == "1 r");
    http::Client other = std::move(client);
    CHECK(other.send(request)->body == "2 r");
}

TEST_CASE("a certificate without its key, or with another's, is not used")
{
    HttpPki fixture;
    auto settings = fixture.trusting();
    auto identity = identityOf(fixture.pki["web1"]);
    settings.identity = tls::Identity{identity.chain, identityOf(fixture.pki["example.test"]).key};
    OpensslServer server(fixture.pki["example.test"], {"-www"});
    auto answer = get(settings, urlOf(server.port()));
    REQUIRE_FALSE(answer.ok());
    CHECK_MESSAGE(answer.error().kind == ErrorKind::InvalidInput, answer.error().message);
    settings.identity = tls::Identity{identity.chain, nullptr};
    answer = get(settings, urlOf(server.port()));
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::InvalidInput);
}
