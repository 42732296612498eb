// The probe against servers of other people: openssl s_server and nginx.

#include "shared/tls/listener_probe.h"
#include "tests/support/child_process.h"
#include "tests/support/nginx.h"
#include "tests/support/openssl_server.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr Duration limit{10};

struct Pki {
    TemporaryFolder folder;
    TestPki pki{folder};
    Pki()
    {
        pki.makeRoot("root");
        pki.makeAuthority("issuing", "root");
        pki.issueServer("example.test", "issuing");
        pki.issueServer("other.test", "issuing");
    }
};

// Somebody who listens and never says a word.
class SilentListener {
public:
    SilentListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket_.get(), 4) == 0);
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    int port() const { return port_; }

private:
    FileDescriptor socket_;
    int port_ = 0;
};

} // namespace

TEST_CASE("the probe reads the chain as sent, leaf first, in every version of TLS")
{
    const Pki fixture;
    for (const std::string version : {"-tls1", "-tls1_1", "-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        OpensslServer server(fixture.pki["example.test"],
            {version, "-cipher", "ALL:@SECLEVEL=0", "-cert_chain", fixture.pki["issuing"].chain});
        const auto served = tls::probeListener({"127.0.0.1", server.port(), ""}, limit);
        REQUIRE_MESSAGE(served.ok(), (served.ok() ? "" : served.error().message));
        REQUIRE(served->chain.size() == 2);
        CHECK(served->chain[0].toPem() == readText(fixture.pki["example.test"].certificate));
        CHECK(served->chain[1].commonName() == "issuing");
        const std::map<std::string, std::string> names = {{"-tls1", "TLSv1"},
            {"-tls1_1", "TLSv1.1"}, {"-tls1_2", "TLSv1.2"}, {"-tls1_3", "TLSv1.3"}};
        CHECK(served->protocol == names.at(version));
    }
}

TEST_CASE("the probe trusts nothing and looks anyway: self-signed, expired, small old keys")
{
    const Pki fixture;
    TemporaryFolder folder;
    TestPki old(folder);
    TestCertificateContent content;
    content.commonName = "old.test";
    content.keyType = "rsa-1024";
    content.notAfter = "20210101000000Z";
    old.selfSigned("old.test", content);
    OpensslServer server(old["old.test"], {"-cipher", "ALL:@SECLEVEL=0"});
    const auto served = tls::probeListener({"127.0.0.1", server.port(), ""}, limit);
    REQUIRE(served.ok());
    CHECK(served->chain[0].commonName() == "old.test");
}

TEST_CASE("the probe asks nginx for one name after the other")
{
    const Pki fixture;
    const int port = freePort();
    const auto server = [&](const std::string& name) {
        return "server { listen 127.0.0.1:" + std::to_string(port) + " ssl; server_name " + name +
               "; ssl_certificate " + fixture.pki[name].chain + "; ssl_certificate_key " +
               fixture.pki[name].key + "; return 200; }\n";
    };
    Nginx nginx(port, server("example.test") + server("other.test"));
    for (const std::string name : {"example.test", "other.test"}) {
        const auto served = tls::probeListener({"127.0.0.1", port, name}, limit);
        REQUIRE(served.ok());
        CHECK(served->chain[0].commonName() == name);
    }
    // No name, or an address for a name: nginx answers with the first server.
    CHECK(tls::probeListener({"127.0.0.1", port, ""}, limit)->chain[0].commonName() ==
          "example.test");
    CHECK(tls::probeListener({"127.0.0.1", port, "127.0.0.1"}, limit)->chain[0].commonName() ==
          "example.test");
}

TEST_CASE("a listener that wants a client certificate shows its own all the same")
{
    const Pki fixture;
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        OpensslServer server(fixture.pki["example.test"],
            {version, "-Verify", "3", "-CAfile", fixture.pki["root"].certificate});
        const auto served = tls::probeListener({"127.0.0.1", server.port(), ""}, limit);
        REQUIRE_MESSAGE(served.ok(), (served.ok() ? "" : served.error().message));
        CHECK(served->chain[0].commonName() == "example.test");
    }
}

TEST_CASE("the probe works over IPv6")
{
    const Pki fixture;
    OpensslServer server(fixture.pki["example.test"], {}, "::1");
    const tls::ListenerAddress listener{"::1", server.port(), "example.test"};
    CHECK(tls::toText(listener) == "[::1]:" + std::to_string(server.port()) + " (example.test)");
    CHECK(tls::probeListener(listener, limit).ok());
}

TEST_CASE("the probe says when nobody speaks TLS there, and ends in time")
{
    const auto nobody = tls::probeListener({"127.0.0.1", freePort(), ""}, limit);
    REQUIRE_FALSE(nobody.ok());
    CHECK(nobody.error().kind == ErrorKind::NotFound);

    const int port = freePort();
    Nginx plain(port, "server { listen 127.0.0.1:" + std::to_string(port) + "; return 200; }\n");
    const auto withoutTls = tls::probeListener({"127.0.0.1", port, ""}, limit);
    REQUIRE_FALSE(withoutTls.ok());
    CHECK(withoutTls.error().kind == ErrorKind::Unavailable);
    CHECK(withoutTls.error().message.find("no TLS handshake") != std::string::npos);

    const SilentListener silent;
    const SystemClock clock;
    const auto before = clock.monotonic();
    const auto nothing = tls::probeListener({"127.0.0.1", silent.port(), ""}, Duration(1));
    REQUIRE_FALSE(nothing.ok());
    CHECK(nothing.error().kind == ErrorKind::Unavailable);
    CHECK(nothing.error().message.find("in time") != std::string::npos);
    CHECK(clock.monotonic() - before < std::chrono::seconds(5));
}

TEST_CASE("the probe looks nothing up")
{
    for (const tls::ListenerAddress& wrong :
        {tls::ListenerAddress{"localhost", 443, ""}, tls::ListenerAddress{"127.0.0.1", 0, ""},
            tls::ListenerAddress{"127.0.0.1", 70000, ""}, tls::ListenerAddress{"", 443, ""}}) {
        const auto served = tls::probeListener(wrong, limit);
        REQUIRE_FALSE(served.ok());
        CHECK(served.error().kind == ErrorKind::InvalidInput);
    }
}
