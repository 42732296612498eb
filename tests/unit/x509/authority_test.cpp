#include "shared/x509/authority.h"

#include "shared/x509/certificate_chain.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>
#include <set>

using namespace perennial;
using namespace perennial::test;
using x509::Certificate;
using x509::GeneralName;
using x509::PrivateKey;

namespace {

TimePoint at(const std::string& text) { return timeFromRfc3339(text).value(); }

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct Authorities {
    PrivateKey rootKey = PrivateKey::generate("ec-p384").value();
    PrivateKey issuingKey = PrivateKey::generate("ec-p256").value();
    Certificate root = x509::makeRoot(
        {"Example Root", at("2026-01-01T00:00:00Z"), at("2056-01-01T00:00:00Z"), 1}, rootKey)
                           .value();
    Certificate issuing = x509::makeIntermediate(
        {"Example Issuing", at("2026-01-01T00:00:00Z"), at("2036-01-01T00:00:00Z"), 0}, issuingKey,
        root, rootKey)
                              .value();
    PrivateKey key = PrivateKey::generate("rsa-2048").value();

    x509::CertificateContent content() const
    {
        return {x509::subjectDerFromText("CN=web1.example.test,O=Example").value(),
            key.publicKeyDer(), at("2026-11-01T00:00:00Z"), at("2027-11-01T00:00:00Z"),
            {x509::alternativeNameExtension({{GeneralName::Type::Dns, "web1.example.test"}})
                    .value(),
                x509::extendedKeyUsageExtension({std::string(x509::oid::serverAuthentication)})
                    .value()}};
    }
    Result<Certificate> issue(const x509::CertificateContent& content) const
    {
        return x509::issueCertificate(content, issuing, issuingKey);
    }
};

} // namespace

TEST_CASE("openssl verifies what the authority issues, strictly")
{
    const Authorities authorities;
    const auto issued = authorities.issue(authorities.content());
    REQUIRE_MESSAGE(issued.ok(), issued.error().message);
    const TemporaryFolder folder;
    const auto root = folder.write("root.pem", authorities.root.toPem());
    const auto issuing = folder.write("issuing.pem", authorities.issuing.toPem());
    const auto leaf = folder.write("leaf.pem", issued->toPem());
    CHECK(contains(openssl({"verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname",
                       "web1.example.test", "-attime", "1795233491", "-auth_level", "2", "-CAfile",
                       root, "-untrusted", issuing, leaf}),
        "OK"));
    const auto text = openssl({"x509", "-in", leaf, "-noout", "-text", "-nameopt", "RFC2253"});
    CHECK(contains(text, "Issuer: CN=Example Issuing\n"));
    CHECK(contains(text, "Subject: CN=web1.example.test,O=Example\n"));
    CHECK(contains(text, "Version: 3"));
    CHECK(contains(text, "Not Before: Nov  1 00:00:00 2026 GMT"));
    CHECK(contains(text, "Not After : Nov  1 00:00:00 2027 GMT"));
    CHECK(contains(text, "Subject Key Identifier"));
    CHECK(contains(text, "Authority Key Identifier"));
    CHECK(issued->publicKeyDer() == authorities.key.publicKeyDer());

    const auto authority = openssl({"x509", "-in", issuing, "-noout", "-text"});
    CHECK(contains(authority, "CA:TRUE, pathlen:0"));
    CHECK(contains(authority, "Digital Signature, Certificate Sign, CRL Sign"));
    CHECK(contains(openssl({"x509", "-in", root, "-noout", "-text"}),
        "Not After : Jan  1 00:00:00 2056 GMT")); // GeneralizedTime
    CHECK(x509::validateChain(*issued, {authorities.issuing}, {authorities.root},
        at("2026-12-01T00:00:00Z"), x509::oid::serverAuthentication)
              .ok());
}

TEST_CASE("serial numbers are positive, of sixteen bytes, and differ")
{
    const Authorities authorities;
    std::set<std::string> serials;
    for (int i = 0; i < 20; ++i) {
        const auto serial = authorities.issue(authorities.content())->serial();
        CHECK(serial.size() == 32);
        CHECK(serial.front() >= '4');
        CHECK(serial.front() <= '7');
        serials.insert(serial);
    }
    CHECK(serials.size() == 20);
}

TEST_CASE("a certificate does not outlive its authority")
{
    const Authorities authorities;
    auto content = authorities.content();
    content.notAfter = at("2050-01-01T00:00:00Z");
    CHECK(authorities.issue(content)->notAfter() == at("2036-01-01T00:00:00Z"));
    content.notBefore = at("2036-01-01T00:00:00Z");
    CHECK_FALSE(authorities.issue(content).ok());
}

TEST_CASE("no authority is issued by way of an end entity's certificate")
{
    const Authorities authorities;
    auto content = authorities.content();
    // BasicConstraints { cA TRUE } and one that is not readable.
    for (const auto& value : {*fromHex("30030101ff"), *fromHex("3003010101"), std::string("x")}) {
        content.extensions = {{std::string(x509::oid::basicConstraints), true, value}};
        CHECK_FALSE(authorities.issue(content).ok());
    }
    content.extensions = {
        {std::string(x509::oid::basicConstraints), true, std::string("\x30\x00", 2)}};
    const auto issued = authorities.issue(content);
    REQUIRE(issued.ok());
    CHECK_FALSE(issued->isAuthority());
}

TEST_CASE("only an authority with its own key issues")
{
    const Authorities authorities;
    const auto content = authorities.content();
    CHECK_FALSE(x509::issueCertificate(content, authorities.issuing, authorities.rootKey).ok());
    const auto leaf = authorities.issue(content);
    CHECK_FALSE(x509::issueCertificate(content, *leaf, authorities.key).ok());
}

TEST_CASE("broken or repeated parts are refused")
{
    const Authorities authorities;
    auto content = authorities.content();
    content.extensions.push_back(content.extensions.front());
    CHECK_FALSE(authorities.issue(content).ok());
    content = authorities.content();
    content.extensions.push_back(
        {std::string(x509::oid::subjectKeyIdentifier), false, std::string("\x04\x01x", 3)});
    CHECK_FALSE(authorities.issue(content).ok());
    content = authorities.content();
    content.subjectDer = "x";
    CHECK_FALSE(authorities.issue(content).ok());
    content = authorities.content();
    content.publicKeyDer.pop_back();
    CHECK_FALSE(authorities.issue(content).ok());
    content = authorities.content();
    content.notAfter = content.notBefore;
    CHECK_FALSE(authorities.issue(content).ok());
    CHECK_FALSE(
        x509::makeRoot({"", content.notBefore, at("2030-01-01T00:00:00Z"), -1}, authorities.rootKey)
            .ok());
}
