// Whom the client trusts, against openssl s_server and nginx.

#include "tests/unit/http/client_fixture.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::test;

namespace {

void checkRefused(const Result<http::ClientResponse>& answer, const std::string& why)
{
    REQUIRE_FALSE(answer.ok());
    CHECK_MESSAGE(answer.error().kind == ErrorKind::PermissionDenied, answer.error().message);
    CHECK_MESSAGE(answer.error().message.find(why) != std::string::npos, answer.error().message);
}

struct EnvironmentVariable {
    std::string name;
    EnvironmentVariable(std::string nameGiven, const std::string& value)
        : name(std::move(nameGiven))
    {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    ~EnvironmentVariable() { ::unsetenv(name.c_str()); }
    EnvironmentVariable(const EnvironmentVariable&) = delete;
    EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
};

} // namespace

TEST_CASE("a server below a trust anchor is trusted under every name of its certificate")
{
    const HttpPki fixture;
    OpensslServer server(
        fixture.pki["example.test"], {"-www", "-cert_chain", fixture.pki["issuing"].chain});
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        const auto answer = get(fixture.trusting(), urlOf(server.port(), "/", host));
        REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().message));
        CHECK(answer->status == 200);
    }
    SUBCASE("an authority in the middle may be the anchor")
    {
        CHECK(get(fixture.trusting("issuing"), urlOf(server.port())).ok());
    }
}

TEST_CASE("the name that was asked for must be in the certificate")
{
    const HttpPki fixture;
    TemporaryFolder folder;
    TestPki& pki = const_cast<TestPki&>(fixture.pki);
    TestCertificateContent content;
    content.commonName = "localhost"; // names count only in subjectAltName
    content.alternativeNames = "DNS:other.test,IP:127.0.0.2";
    pki.issue("other.test", "root", content);
    OpensslServer server(pki["other.test"], {"-www"});
    for (const std::string host : {"localhost", "127.0.0.1"})
        checkRefused(get(fixture.trusting(), urlOf(server.port(), "/", host)),
            "for other names: dns:other.test, ip:127.0.0.2");
    checkRefused(get(fixture.pinning(pki.pin("root")), urlOf(server.port())), "not trusted");
}

TEST_CASE("self-signed, expired, foreign, weak and wrongly used certificates are refused")
{
    HttpPki fixture;
    TestCertificateContent content;
    content.commonName = "localhost";
    fixture.pki.selfSigned("self", content);
    content.notAfter = "20210101000000Z";
    fixture.pki.issue("expired", "root", content);
    content.notAfter = "20991231235959Z";
    fixture.pki.issue("foreign", "stranger", content);
    content.extendedKeyUsage = "clientAuth";
    fixture.pki.issue("client-only", "root", content);
    content.extendedKeyUsage = "serverAuth";
    content.keyType = "rsa-1024";
    fixture.pki.issue("weak", "root", content);

    const std::map<std::string, std::string> reasons = {{"self", "self-signed certificate"},
        {"expired", "certificate has expired"},
        {"foreign", "unable to get local issuer certificate"}, {"client-only", "purpose"},
        {"weak", "EE certificate key too weak"}};
    for (const auto& [name, reason] : reasons) {
        CAPTURE(name);
        OpensslServer server(fixture.pki[name], {"-www", "-cipher", "ALL:@SECLEVEL=0"});
        checkRefused(get(fixture.trusting(), urlOf(server.port())), reason);
    }
}

TEST_CASE("OpenSSL's and curl's own ideas of whom to trust do not count")
{
    const HttpPki fixture;
    OpensslServer server(
        fixture.pki["example.test"], {"-www", "-cert_chain", fixture.pki["issuing"].chain});
    const EnvironmentVariable file("SSL_CERT_FILE", fixture.pki["root"].certificate);
    const EnvironmentVariable bundle("CURL_CA_BUNDLE", fixture.pki["root"].certificate);
    checkRefused(get(fixture.trusting("stranger"), urlOf(server.port())), "unable to get");
}

TEST_CASE("a pin names the key of an authority that the server sends")
{
    HttpPki fixture;
    const auto& server = fixture.pki["example.test"];
    OpensslServer complete(server, {"-www", "-cert_chain", fixture.pki["issuing"].fullChain});
    CHECK(get(fixture.pinning(fixture.pki.pin("root")), urlOf(complete.port())).ok());
    CHECK(get(fixture.pinning(fixture.pki.pin("issuing")), urlOf(complete.port())).ok());
    // Not of the server itself, not of anybody else.
    const std::string missing = "no authority in the chain that the server sends";
    checkRefused(
        get(fixture.pinning(fixture.pki.pin("example.test")), urlOf(complete.port())), missing);
    checkRefused(
        get(fixture.pinning(fixture.pki.pin("stranger")), urlOf(complete.port())), missing);

    OpensslServer partial(server, {"-www", "-cert_chain", fixture.pki["issuing"].chain});
    checkRefused(get(fixture.pinning(fixture.pki.pin("root")), urlOf(partial.port())), missing);
    CHECK(get(fixture.pinning(fixture.pki.pin("issuing")), urlOf(partial.port())).ok());
}

TEST_CASE("a pinned authority that did not issue the server's certificate proves nothing")
{
    HttpPki fixture;
    fixture.pki.issueServer("foreign.test", "stranger");
    // Whoever answers may send our authority along: it is public.
    OpensslServer server(
        fixture.pki["foreign.test"], {"-www", "-cert_chain", fixture.pki["issuing"].fullChain});
    checkRefused(
        get(fixture.pinning(fixture.pki.pin("root")), urlOf(server.port())), "unable to get");
    checkRefused(
        get(fixture.pinning(fixture.pki.pin("issuing")), urlOf(server.port())), "unable to get");
}

TEST_CASE("a pinned certificate that is no authority proves nothing")
{
    HttpPki fixture;
    // A leaf of ours "issues" for somebody: OpenSSL's command line does not mind, the client must.
    TestCertificateContent content;
    content.commonName = "leaf";
    fixture.pki.issue("leaf", "issuing", content);
    fixture.pki.issueServer("below.test", "leaf");
    OpensslServer server(
        fixture.pki["below.test"], {"-www", "-cert_chain", fixture.pki["leaf"].fullChain});
    checkRefused(
        get(fixture.pinning(fixture.pki.pin("leaf")), urlOf(server.port())), "no authority");
    checkRefused(
        get(fixture.pinning(fixture.pki.pin("root")), urlOf(server.port())), "not trusted");
}

TEST_CASE("trusting nothing, or not saying whom, is an error before anything is sent")
{
    const HttpPki fixture;
    auto both = fixture.trusting();
    both.trust.pin = std::string(64, 'a');
    for (const auto& settings : {tls::ClientSettings{}, both, fixture.pinning("abc"),
             fixture.pinning(std::string(64, 'A')), fixture.pinning(std::string(63, 'a') + "g")}) {
        const auto answer = get(settings, urlOf(1));
        REQUIRE_FALSE(answer.ok());
        CHECK(answer.error().kind == ErrorKind::InvalidInput);
    }
}

TEST_CASE("TLS before 1.2 is refused")
{
    const HttpPki fixture;
    for (const std::string version : {"-tls1", "-tls1_1"}) {
        OpensslServer server(
            fixture.pki["example.test"], {"-www", version, "-cipher", "ALL:@SECLEVEL=0",
                                             "-cert_chain", fixture.pki["issuing"].chain});
        const auto answer = get(fixture.trusting(), urlOf(server.port()));
        REQUIRE_FALSE(answer.ok());
        CHECK_MESSAGE(answer.error().kind == ErrorKind::PermissionDenied, answer.error().message);
    }
    OpensslServer server(fixture.pki["example.test"],
        {"-www", "-tls1_2", "-cert_chain", fixture.pki["issuing"].chain});
    CHECK(get(fixture.trusting(), urlOf(server.port())).ok());
}
