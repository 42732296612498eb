// The connection against servers of other people: openssl s_server and sockets that misbehave.

#include "shared/tls/client_connection.h"
#include "tests/support/openssl_server.h"
#include "tests/support/test_pki.h"

#include <csignal>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace perennial;
using namespace perennial::test;
using perennial::tls::ClientConnection;
using perennial::tls::ClientSettings;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds limit{10'000};

struct Pki {
    TemporaryFolder folder;
    TestPki pki{folder};
    Pki()
    {
        pki.makeRoot("root");
        pki.issueServer("example.test", "root");
        pki.issueClient("client", "root");
        pki.makeRoot("other");
        pki.issueClient("stranger", "other");
    }

    ClientSettings settings(const std::string& root = "root") const
    {
        ClientSettings settings;
        settings.trust.anchors = *x509::Certificate::allFromPem(readText(pki[root].certificate));
        return settings;
    }
    ClientSettings settingsOf(const std::string& client) const
    {
        auto made = settings();
        made.identity = *tls::loadIdentity(pki[client].certificate, pki[client].key);
        return made;
    }
};

ClientConnection::Target at(const OpensslServer& server, const std::string& name = "example.test")
{
    return {"127.0.0.1", server.port(), name};
}

// Looks until the connection ends or ten seconds have passed.
Status watchToEnd(ClientConnection& connection)
{
    const Deadline deadline(limit);
    Status open;
    while (open && !deadline.over())
        open = connection.watch(milliseconds(500));
    return open;
}

std::string receivedBy(OpensslServer& server)
{
    server.process().stop();
    return server.process().output();
}

} // namespace

TEST_CASE("what is written arrives, and is confirmed")
{
    const Pki fixture;
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        OpensslServer server(fixture.pki["example.test"], {version, "-quiet"});
        auto connection = ClientConnection::open(at(server), fixture.settings(), limit);
        REQUIRE_MESSAGE(connection, connection.error().message);
        REQUIRE((*connection)->write("one line of text\n", limit));
        REQUIRE((*connection)->write(std::string(300'000, 'x') + "the end", limit));
        const Deadline deadline(limit);
        while (!(*connection)->confirmed()) {
            REQUIRE_FALSE(deadline.over());
            REQUIRE((*connection)->watch(milliseconds(10)));
        }
        (*connection)->close(milliseconds(1000));
        const auto output = receivedBy(server);
        CHECK(output.find("one line of text\n") != std::string::npos);
        CHECK(output.find("xthe end") != std::string::npos);
    }
}

TEST_CASE("nobody is spoken to who cannot show the right certificate")
{
    Pki fixture;
    TestCertificateContent expired;
    expired.commonName = "example.test";
    expired.alternativeNames = "DNS:example.test";
    expired.notBefore = "20200101000000Z";
    expired.notAfter = "20200201000000Z";
    fixture.pki.issue("expired", "root", expired);
    const auto refusalBy = [&](const std::string& certificate, const std::string& name,
                               const ClientSettings& settings) {
        OpensslServer server(fixture.pki[certificate], {"-quiet"});
        const auto connection = ClientConnection::open(at(server, name), settings, limit);
        REQUIRE_FALSE(connection);
        CHECK(connection.error().kind == ErrorKind::PermissionDenied);
        return connection.error().message;
    };
    CHECK(refusalBy("example.test", "other.test", fixture.settings()).find("other names") !=
          std::string::npos);
    CHECK(refusalBy("expired", "example.test", fixture.settings()).find("expired") !=
          std::string::npos);
    refusalBy("example.test", "example.test", fixture.settings("other"));
    refusalBy("client", "client", fixture.settings()); // not for servers
    auto pinned = ClientSettings();
    pinned.trust.pin = std::string(64, '0');
    CHECK(refusalBy("example.test", "example.test", pinned).find("pinned") != std::string::npos);
    OpensslServer server(fixture.pki["example.test"], {"-quiet"});
    CHECK(ClientConnection::open(at(server), ClientSettings(), limit).error().kind ==
          ErrorKind::InvalidInput); // there is no "trust anybody"
}

TEST_CASE("the name is the host, unless another one is given")
{
    const Pki fixture;
    OpensslServer server(fixture.pki["example.test"], {"-quiet"});
    const auto opens = [&](const ClientConnection::Target& target) {
        return ClientConnection::open(target, fixture.settings(), limit).ok();
    };
    CHECK(opens({"127.0.0.1", server.port(), ""})); // an address in the certificate
    CHECK(opens({"localhost", server.port(), ""}));
    CHECK(opens({"localhost", server.port(), "example.test"}));
    CHECK_FALSE(opens({"127.0.0.1", server.port(), "127.0.0.2"}));
}

TEST_CASE("a client certificate that the server refuses shows at the latest when watching")
{
    const Pki fixture;
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        for (const std::string client : {"client", "stranger", ""}) {
            CAPTURE(version);
            CAPTURE(client);
            OpensslServer server(fixture.pki["example.test"],
                {version, "-quiet", "-Verify", "2", "-verify_return_error", "-CAfile",
                    fixture.pki["root"].certificate});
            auto settings = client.empty() ? fixture.settings() : fixture.settingsOf(client);
            auto connection = ClientConnection::open(at(server), settings, limit);
            if (client == "client") {
                REQUIRE(connection);
                CHECK((*connection)->watch(milliseconds(100)));
                continue;
            }
            if (connection) { // TLS 1.3: this side was done before the server looked
                (void)(*connection)->write("text", limit);
                const auto end = watchToEnd(**connection);
                REQUIRE_FALSE(end);
                CHECK(end.error().kind == ErrorKind::PermissionDenied);
                CHECK(end.error().message.find("refused this side") != std::string::npos);
            } else {
                CHECK(connection.error().kind == ErrorKind::PermissionDenied);
            }
        }
    }
}

TEST_CASE("the other side's end is noticed by watching")
{
    const Pki fixture;
    OpensslServer server(fixture.pki["example.test"], {"-quiet"});
    auto connection = ClientConnection::open(at(server), fixture.settings(), limit);
    REQUIRE(connection);
    REQUIRE((*connection)->watch(milliseconds(50)));
    SUBCASE("killed") { server.process().signal(SIGKILL); }
    SUBCASE("ended") { server.process().stop(); }
    const auto end = watchToEnd(**connection);
    REQUIRE_FALSE(end);
    CHECK(isRetryable(end.error().kind));
    CHECK(end.error().message.find("127.0.0.1:") != std::string::npos);
}

TEST_CASE("a server that takes nothing any more ends the write in time, not never")
{
    const Pki fixture;
    OpensslServer server(fixture.pki["example.test"], {"-quiet"});
    auto connection = ClientConnection::open(at(server), fixture.settings(), limit);
    REQUIRE(connection);
    server.process().signal(SIGSTOP);
    const Deadline deadline(limit);
    Status written;
    while (written && !deadline.over())
        written = (*connection)->write(std::string(1U << 20U, 'x'), milliseconds(300));
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::Unavailable);
    CHECK_FALSE((*connection)->confirmed());
    server.process().signal(SIGCONT);
}

TEST_CASE("silence and rubbish instead of a handshake end in time")
{
    const Pki fixture;
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket.get(), 4) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const ClientConnection::Target target{"127.0.0.1", ntohs(address.sin_port), "example.test"};
    const auto silent = ClientConnection::open(target, fixture.settings(), milliseconds(300));
    REQUIRE_FALSE(silent);
    CHECK(silent.error().kind == ErrorKind::Unavailable);

    const ClientConnection::Target nobody{"127.0.0.1", freePort(), "example.test"};
    CHECK(ClientConnection::open(nobody, fixture.settings(), limit).error().kind ==
          ErrorKind::Unavailable);
    const ClientConnection::Target unknown{"does-not-exist.invalid", 1, ""};
    CHECK(ClientConnection::open(unknown, fixture.settings(), limit).error().kind ==
          ErrorKind::Unavailable);
}
