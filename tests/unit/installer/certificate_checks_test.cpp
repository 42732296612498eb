// Every certificate here is openssl's work. Each fails one check and would pass all others.

#include "agent/installer/certificate_checks.h"
#include "tests/support/installer_host.h"

#include <doctest/doctest.h>

using namespace perennial;
using installer::checkNewCertificate;
using perennial::test::InstallerHost;
using Content = InstallerHost::Content;

namespace {

struct Bench {
    InstallerHost host;
    std::string keyFile;
    installer::Guard guard;
    x509::Certificate old;
    Bytes newPublicKey;
    bool hasOld = true;
    TimePoint now;

    explicit Bench(const std::string& keyType = "ec-p256")
        : keyFile(
              host.folder.write("new.key", x509::PrivateKey::generate(keyType)->toPem().reveal())),
          guard(host.guard()), old(*x509::Certificate::fromPem(test::readText(host.certificate))),
          newPublicKey(keyIn(keyFile).publicKeyDer()), now(host.clock.now())
    {
    }
    static x509::PrivateKey keyIn(const std::string& file)
    {
        return *x509::PrivateKey::fromPem(Secret(test::readText(file)));
    }
    std::string says(const std::string& pem) const
    {
        const auto chain = *x509::Certificate::allFromPem(pem);
        const auto status = checkNewCertificate({chain, hasOld ? &old : nullptr, newPublicKey,
            guard, now, {host.certificate, host.key}});
        if (!status && !chain.empty()) CHECK(status.error().kind == ErrorKind::PermissionDenied);
        return status ? "accepted" : status.error().message;
    }
    std::string saysOf(const Content& content) { return says(host.issue(content, keyFile)); }
};

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a certificate within the guard is accepted, with the issuer in its chain or without")
{
    Bench bench;
    const auto chain = bench.host.issue(Content{}, bench.keyFile);
    CHECK(bench.says(chain) == "accepted");
    CHECK(bench.says(chain.substr(0, chain.find("-----BEGIN", 10))) == "accepted");
    CHECK(bench.says("") == "the chain holds no certificate");
}

TEST_CASE("a certificate for another key than the order's is refused")
{
    Bench bench;
    const auto other = bench.host.folder.write(
        "other.key", x509::PrivateKey::generate("ec-p256")->toPem().reveal());
    CHECK(contains(bench.says(bench.host.issue(Content{}, other)), "another public key"));
}

TEST_CASE("a certificate for the old key is refused even if that is called new")
{
    Bench bench;
    bench.newPublicKey = bench.old.publicKeyDer();
    const auto chain = bench.host.issue(Content{}, bench.host.key);
    CHECK(contains(bench.says(chain), "the old certificate's public key"));
}

TEST_CASE("a key type that the guard does not list is refused")
{
    Bench bench("ec-p384");
    CHECK(contains(bench.saysOf(Content{}), "its key type ec-p384 is not among key_types"));
}

TEST_CASE("an authority's certificate is refused")
{
    Bench bench;
    Content content;
    content.extensions = "basicConstraints=critical,CA:TRUE\n";
    CHECK(contains(bench.saysOf(content), "it is an authority's"));
}

TEST_CASE("every name must be within the guard, the common name too")
{
    Bench bench;
    Content content;
    for (const std::string names : {"DNS:web1.example.test,DNS:bank.test", "DNS:*.test",
             "DNS:a.b.example.test", "DNS:web1.example.test,IP:192.0.2.1",
             "DNS:web1.example.test,URI:https://web1.example.test",
             "DNS:web1.example.test,email:root@example.test",
             "DNS:web1.example.test,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:admin@example.test"}) {
        CAPTURE(names);
        content.names = names;
        CHECK(contains(bench.saysOf(content), "is not among names"));
    }
    content.names = "DNS:web1.example.test";
    content.commonName = "bank.test";
    CHECK(contains(bench.saysOf(content), "its name \"bank.test\" is not among names"));
    content.commonName = "";
    CHECK(bench.saysOf(content) == "accepted");
    content.names = "";
    CHECK(contains(bench.saysOf(content), "no name that could be checked"));

    bench.guard.names = {"*.example.test", "ip:192.0.2.1"};
    bench.guard.enrollments = {{{bench.host.certificate, bench.host.key}, bench.guard.names}};
    content.names = "DNS:*.example.test,IP:192.0.2.1";
    CHECK(bench.saysOf(content) == "accepted");
}

TEST_CASE("without an old certificate every name is new, and the old key is nobody's")
{
    Bench bench;
    bench.hasOld = false;
    CHECK(contains(bench.saysOf(Content{}), "\"web1.example.test\" is new at this place"));
    bench.guard.enrollments = {{{bench.host.certificate, bench.host.key}, {"web1.example.test"}}};
    CHECK(bench.saysOf(Content{}) == "accepted");
    bench.guard.enrollments.front().place.key = "/elsewhere";
    CHECK(contains(bench.saysOf(Content{}), "is new at this place"));
}

TEST_CASE("only an issuer that the guard names may have signed it")
{
    Bench bench;
    auto& pki = bench.host.pki();
    pki.makeRoot("stranger");
    pki.makeAuthority("sibling", "root");
    Content content;
    for (const std::string issuer : {"stranger", "sibling", "root"}) {
        CAPTURE(issuer);
        content.issuer = issuer;
        CHECK(contains(bench.saysOf(content), "no trusted path"));
    }
    // The name of the right issuer is not its signature.
    const test::TemporaryFolder elsewhere;
    test::TestPki forger(elsewhere);
    forger.makeRoot("root");
    forger.makeAuthority("issuing", "root");
    const auto forged = elsewhere / "forged.pem";
    const auto request = elsewhere / "forged.csr";
    const auto names = elsewhere.write("names", "subjectAltName=DNS:web1.example.test\n");
    test::mustRun({"/usr/bin/openssl", "req", "-new", "-key", bench.keyFile, "-subj",
        "/CN=web1.example.test", "-out", request});
    test::mustRun({"/usr/bin/openssl", "x509", "-req", "-in", request, "-CA",
        forger["issuing"].certificate, "-CAkey", forger["issuing"].key, "-set_serial", "7",
        "-extfile", names, "-out", forged});
    CHECK(contains(bench.says(test::readText(forged)), "no trusted path"));
    // What is in the chain is no reason for trust.
    CHECK(
        contains(bench.says(test::readText(forged) + test::readText(forger["issuing"].certificate)),
            "no trusted path"));
}

TEST_CASE("nothing may stand in the chain that is no part of it")
{
    Bench bench;
    bench.host.pki().makeRoot("stranger");
    const auto leaf = bench.host.issue(Content{}, bench.keyFile);
    const auto stranger = test::readText(bench.host.pki()["stranger"].certificate);
    CHECK(contains(bench.says(leaf + stranger), "its chain is broken at \"CN=stranger\""));
    // The issuer's key under another name.
    const auto alias = bench.host.folder / "alias.pem";
    test::mustRun({"/usr/bin/openssl", "req", "-x509", "-key", bench.host.pki()["issuing"].key,
        "-subj", "/CN=alias", "-out", alias});
    const auto own = leaf.substr(0, leaf.find("-----BEGIN", 10));
    CHECK(contains(bench.says(own + test::readText(alias)), "its chain is broken at \"CN=alias\""));
    const auto root = test::readText(bench.host.pki()["root"].certificate);
    CHECK(bench.says(leaf + root) == "accepted");
}

TEST_CASE("with templates in the guard, a certificate of another one or of none is refused")
{
    Bench bench;
    Content content;
    const std::string base = content.extensions;
    bench.guard.templates = {"1.3.6.1.4.1.311.21.8.1.2"};
    CHECK(contains(bench.saysOf(content), "its template is not among templates"));
    content.extensions = base + "1.3.6.1.4.1.311.21.7=ASN1:SEQUENCE:template\n";
    const auto sequence = [](const std::string& oid) {
        return "\n[template]\noid=OID:" + oid + "\nmajor=INTEGER:100\nminor=INTEGER:1\n";
    };
    // openssl reads a section after the extensions, so the names must come first.
    const auto with = [&](const std::string& oid) {
        Content made = content;
        made.extensions += "subjectAltName=DNS:web1.example.test\n" + sequence(oid);
        made.names = "";
        return bench.saysOf(made);
    };
    CHECK(contains(with("1.3.6.1.4.1.311.21.8.1.3"), "its template is not among templates"));
    CHECK(with("1.3.6.1.4.1.311.21.8.1.2") == "accepted");
}

TEST_CASE("a certificate is refused before its time and after it, but not for clocks that differ a "
          "little")
{
    Bench bench;
    const auto chain = bench.host.issue(Content{}, bench.keyFile); // from now on, 90 days
    const auto leaf = *x509::Certificate::fromPem(chain);
    bench.now = leaf.notBefore() - std::chrono::minutes(4);
    CHECK(bench.says(chain) == "accepted");
    bench.now = leaf.notBefore() - std::chrono::minutes(6);
    CHECK(contains(bench.says(chain), "not yet valid"));
    bench.now = leaf.notAfter() + Duration(1);
    CHECK(contains(bench.says(chain), "expired"));
}
