#include "controller/enrollment/publication/publication_endpoints.h"

#include "tests/support/fake_clock.h"
#include "tests/unit/enrollment_server/authority_fixture.h"

using namespace perennial;
using namespace perennial::test;
using Reason = x509::RevocationReason;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// The listener that anybody may ask, with curl and openssl as anybody.
struct Published {
    explicit Published(bool delegated = true)
        : store(*home.store),
          publisher(*home.authority, store, home.disk, {}, home.folder / "crl", home.log),
          desk(*home.store, store, publisher, home.log),
          ocsp(*home.authority, *home.store, store, delegated, home.log),
          endpoints({*home.authority, publisher, &ocsp, home.folder / "root.crl", home.disk, clock})
    {
        REQUIRE(publisher.open(home.now).ok());
        REQUIRE(publisher.publishDue(home.now).ok());
        REQUIRE(EmbeddedAuthority::writeRootList(home.files(), home.folder / "root.crl", home.now)
                    .ok());
        auto started = http::Server::startWithoutTls(
            {"127.0.0.1", 0}, {}, [this](const http::Call& call) { return endpoints.answer(call); },
            home.log);
        REQUIRE(started.ok());
        server = *std::move(started);
        url = "http://127.0.0.1:" + std::to_string(server->port());
        trust = home.folder.write("trust.pem",
            home.authority->above().front().toPem() + home.authority->certificate().toPem());
        issuer = home.folder.write("issuer.pem", home.authority->certificate().toPem());
    }
    std::string curl(const std::vector<std::string>& arguments) const
    {
        std::vector<std::string> command = {
            "/usr/bin/curl", "-sS", "-w", "\n%{http_code} %{content_type}"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return mustRun(command);
    }
    std::string ask(const x509::Certificate& certificate, const std::string& digest = "-sha1") const
    {
        return runTool(
            {"/usr/bin/openssl", "ocsp", digest, "-issuer", issuer, "-CAfile", trust, "-url",
                url + "/ocsp", "-cert", home.folder.write("asked.pem", certificate.toPem())})
            .output;
    }

    AuthorityHome home;
    SystemClock clock;
    RevocationStore store;
    CrlPublisher publisher;
    RevocationDesk desk;
    OcspResponder ocsp;
    PublicationEndpoints endpoints;
    std::unique_ptr<http::Server> server;
    std::string url;
    std::string trust;
    std::string issuer;
};

} // namespace

TEST_CASE("openssl asks by OCSP: good, revoked, on hold, released, unknown")
{
    for (const bool delegated : {true, false}) {
        CAPTURE(delegated);
        Published published(delegated);
        const auto certificate = published.home.issue();
        const auto good = published.ask(certificate);
        CHECK(contains(good, "Response verify OK"));
        CHECK(contains(good, "asked.pem: good"));
        const auto serial = certificate.serial();
        const auto now = published.home.now;
        REQUIRE(published.desk.revoke(serial, Reason::CertificateHold, "ann", now).ok());
        CHECK(contains(published.ask(certificate), "Reason: certificateHold"));
        REQUIRE(published.desk.revoke(serial, Reason::RemoveFromCrl, "ann", now).ok());
        CHECK(contains(published.ask(certificate), "asked.pem: good"));
        REQUIRE(published.desk.revoke(serial, Reason::KeyCompromise, "ann", now).ok());
        const auto revoked = published.ask(certificate, "-sha256");
        CHECK(contains(revoked, "Response verify OK"));
        CHECK(contains(revoked, "asked.pem: revoked"));
        CHECK(contains(revoked, "Reason: keyCompromise"));
        // Signed by this authority and on no record: nobody knows how it came to be.
        const auto key = must(x509::PrivateKey::generate("ec-p256"));
        const auto unknown =
            must(published.home.authority->issue({must(x509::subjectDerFromText("x")),
                key.publicKeyDer(), now, now + Duration(3600), {}}));
        CHECK(contains(published.ask(unknown), "asked.pem: unknown"));
    }
}

TEST_CASE("the certificate that signs for the authority is on record, and its issue an event")
{
    Published published;
    CHECK(contains(published.ask(published.home.issue()), "Response verify OK"));
    const auto requests = must(published.home.store->requestsOf("ocsp", "issued", 10));
    REQUIRE(requests.size() == 1);
    const auto certificate = must(published.home.store->findCertificate(requests.front().serial));
    REQUIRE(certificate.has_value());
    const auto text = mustRun({"/usr/bin/openssl", "x509", "-inform", "DER", "-in",
        published.home.folder.write("delegate.der", certificate->der), "-noout", "-text"});
    CHECK(contains(text, "OCSP Signing"));
    const auto events = must(readEvents(published.home.store->database(), 0, 100)).items;
    CHECK(events.back().kind == "certificate.issued");
    CHECK(contains(events.back().details.canonical(), certificate->serial));
}

TEST_CASE("OCSP by GET, with and without percent signs, may be kept by caches; with a nonce not")
{
    Published published;
    const auto certificate = published.home.issue();
    for (const bool nonce : {true, false}) {
        CAPTURE(nonce);
        const auto file = published.home.folder / "request.der";
        mustRun({"/usr/bin/openssl", "ocsp", nonce ? "-nonce" : "-no_nonce", "-issuer",
            published.issuer, "-cert",
            published.home.folder.write("asked.pem", certificate.toPem()), "-reqout", file});
        const auto base64 = toBase64(must(published.home.disk.read(file)));
        std::string escaped;
        for (const char c : base64) {
            if (c == '+' || c == '/' || c == '=')
                escaped += "%" + toUpperHex(std::string(1, c));
            else
                escaped += c;
        }
        for (const auto& path : {base64, escaped}) {
            const auto answer = published.home.folder / "answer.der";
            const auto told = mustRun(
                {"/usr/bin/curl", "-sS", "-D", "-", "-o", answer, published.url + "/ocsp/" + path});
            CHECK(contains(told, "application/ocsp-response"));
            CHECK(contains(told, nonce ? "no-store" : "max-age=300"));
            const auto read = mustRun({"/usr/bin/openssl", "ocsp", "-respin", answer, "-CAfile",
                published.trust, "-resp_text"});
            CHECK(contains(read, "Cert Status: good"));
            CHECK(contains(read, "Response verify OK"));
        }
    }
}

TEST_CASE(
    "what is no question, and a question for another responder, are answered as RFC 6960 says")
{
    Published published;
    const auto answer = published.home.folder / "answer.der";
    const auto say = [&](const std::string& body) {
        mustRun({"/usr/bin/curl", "-sS", "-o", answer, "-H",
            "Content-Type: application/ocsp-request", "--data-binary",
            "@" + published.home.folder.write("body", body), published.url + "/ocsp"});
        return runTool({"/usr/bin/openssl", "ocsp", "-respin", answer, "-noverify"}).output;
    };
    CHECK(contains(say("nonsense"), "malformedrequest"));
    AuthorityHome other;
    const auto file = published.home.folder / "request.der";
    mustRun({"/usr/bin/openssl", "ocsp", "-issuer",
        published.home.folder.write("other.pem", other.authority->certificate().toPem()), "-cert",
        published.home.folder.write("asked.pem", other.issue().toPem()), "-reqout", file});
    CHECK(contains(say(must(published.home.disk.read(file))), "unauthorized"));
    CHECK(contains(published.curl({"-d", "x", published.url + "/ocsp"}), "415"));
}

TEST_CASE("CRLs and certificates have their types, and only GET and HEAD fetch them")
{
    Published published;
    const auto& url = published.url;
    const auto type = [&](const std::string& name) {
        return published.curl({"-o", "/dev/null", url + "/" + name});
    };
    CHECK(type("issuing.crl") == "\n200 application/pkix-crl");
    CHECK(type("issuing-delta.crl") == "\n200 application/pkix-crl");
    CHECK(type("root.crl") == "\n200 application/pkix-crl");
    CHECK(type("issuing.crt") == "\n200 application/pkix-cert");
    CHECK(type("root.crt") == "\n200 application/pkix-cert");
    CHECK(contains(type("issuing.key"), "404"));
    CHECK(contains(type("root.key"), "404"));
    CHECK(contains(published.curl({"-I", url + "/issuing.crl"}), "200 application/pkix-crl"));
    CHECK(contains(published.curl({"-d", "x", url + "/issuing.crl"}), "405"));
    CHECK(contains(published.curl({"-X", "DELETE", url + "/ocsp"}), "405"));
    const auto list = published.home.folder / "fetched.crl";
    mustRun({"/usr/bin/curl", "-sS", "-o", list, url + "/issuing.crl"});
    CHECK(contains(mustRun({"/usr/bin/openssl", "crl", "-inform", "DER", "-in", list, "-noout",
                       "-verify", "-CAfile", published.trust}),
        "verify OK"));
    mustRun({"/usr/bin/curl", "-sS", "-o", list, url + "/root.crl"});
    CHECK(contains(mustRun({"/usr/bin/openssl", "crl", "-inform", "DER", "-in", list, "-noout",
                       "-verify", "-CAfile", published.trust}),
        "verify OK"));
}
