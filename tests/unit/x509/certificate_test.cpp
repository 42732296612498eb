#include "shared/x509/certificate.h"

#include "tests/support/golden.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Certificate;
using x509::GeneralName;

namespace {

std::string seconds(TimePoint time) { return std::to_string(time.time_since_epoch().count()); }

// What openssl prints of a file's field: "-subject", "-serial"...
std::string printed(const std::string& path, const std::string& field)
{
    auto text = openssl({"x509", "-in", path, "-noout", field, "-nameopt", "RFC2253"});
    text.erase(text.find_last_not_of('\n') + 1);
    return text.substr(text.find('=') + 1);
}

} // namespace

TEST_CASE("the facts of a certificate in PEM are read")
{
    const auto certificate = Certificate::fromPem(readTestData("web.pem"));
    REQUIRE(certificate.ok());
    checkGolden("web_certificate.txt", certificate->subject() + "\n" + certificate->fingerprint() +
                                           "\n" + seconds(certificate->notBefore()) + "\n" +
                                           seconds(certificate->notAfter()) + "\n");
}

TEST_CASE("names, serial number and fingerprints are what openssl prints")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    const auto& made = pki.issue("leaf", "root", {.commonName = "web1.example.test"});
    const auto certificate = certificateIn(made.certificate);

    CHECK(certificate.subject() == printed(made.certificate, "-subject"));
    CHECK(certificate.issuer() == printed(made.certificate, "-issuer"));
    CHECK(certificate.serial() == printed(made.certificate, "-serial"));
    CHECK(certificate.publicKeyPin() == pki.pin("leaf"));
    const auto sha1 = openssl({"dgst", "-sha1", "-r"}, certificate.toDer());
    CHECK(certificate.sha1() == sha1.substr(0, 40));
    const auto sha256 = openssl({"dgst", "-sha256", "-r"}, certificate.toDer());
    CHECK(certificate.fingerprint() == sha256.substr(0, 64));
    CHECK(certificate.toPem() == openssl({"x509", "-in", made.certificate}));
}

TEST_CASE("the Microsoft extensions of an issued certificate are read")
{
    const auto certificate = sampleCertificate("cert1.der");
    CHECK(certificate.commonName() == "web1.example.test");
    CHECK(certificate.keyType() == "ec-p256");
    CHECK(certificate.signatureAlgorithm() == "ecdsa-with-SHA256");
    CHECK(certificate.alternativeNames() ==
          std::vector<GeneralName>{{GeneralName::Type::Dns, "web1.example.test"}});
    CHECK(certificate.extendedKeyUsages() ==
          std::vector<std::string>{std::string(x509::oid::clientAuthentication),
              std::string(x509::oid::serverAuthentication)});
    const auto information = certificate.templateInformation();
    REQUIRE(information.has_value());
    CHECK(information->oid ==
          "1.3.6.1.4.1.311.21.8.1000001.2000002.3000003.4000004.5000005.66.7000007.8000008");
    CHECK(information->majorVersion == 100);
    CHECK(information->minorVersion == 4);
    CHECK(certificate.extension(x509::oid::ntdsSecurity).has_value());
    CHECK(certificate.isExtensionCritical(x509::oid::keyUsage));
    CHECK_FALSE(certificate.isExtensionCritical(x509::oid::extendedKeyUsage));
    CHECK(certificate.extensionOids().size() == 8);

    const auto schema1 = sampleCertificate("cert2.der").templateInformation();
    REQUIRE(schema1.has_value());
    CHECK(schema1->oid.empty());
    CHECK(schema1->name == "Machine");
    CHECK_FALSE(sampleCertificate("ca.der").templateInformation().has_value());
}

TEST_CASE("authorities, self-issued certificates and signatures are told apart")
{
    const auto root = sampleCertificate("root.der");
    const auto issuing = sampleCertificate("ca.der");
    const auto leaf = sampleCertificate("cert1.der");
    CHECK(root.isAuthority());
    CHECK(root.isSelfIssued());
    CHECK(issuing.isAuthority());
    CHECK_FALSE(issuing.isSelfIssued());
    CHECK_FALSE(leaf.isAuthority());
    CHECK(leaf.isSignedBy(issuing));
    CHECK_FALSE(leaf.isSignedBy(root));
    CHECK(root.isSignedBy(root));
}

TEST_CASE("an absent extended key usage and anyExtendedKeyUsage allow everything")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    const auto made = [&](const std::string& name, const std::string& usage) {
        return certificateIn(
            pki.selfSigned(name, {.commonName = name, .extendedKeyUsage = usage}).certificate);
    };
    CHECK(made("without", "").allowsExtendedKeyUsage(x509::oid::clientAuthentication));
    CHECK(made("any", "2.5.29.37.0").allowsExtendedKeyUsage(x509::oid::clientAuthentication));
    const auto server = made("server", "serverAuth");
    CHECK(server.allowsExtendedKeyUsage(x509::oid::serverAuthentication));
    CHECK_FALSE(server.allowsExtendedKeyUsage(x509::oid::clientAuthentication));
}

TEST_CASE("every kind of alternative name has its text form")
{
    using Type = GeneralName::Type;
    const TemporaryFolder folder;
    TestPki pki(folder);
    const auto certificate = certificateIn(
        pki.selfSigned("names",
               {.commonName = "names",
                   .alternativeNames =
                       "DNS:*.example.test,IP:192.0.2.1,IP:2001:db8::1,URI:https://a.test/x,"
                       "email:a@example.test,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@corp.test,"
                       "otherName:1.2.3.4;UTF8:hello,RID:1.2.3"})
            .certificate);
    const std::vector<GeneralName> expected = {{Type::Dns, "*.example.test"},
        {Type::Ip, "192.0.2.1"}, {Type::Ip, "2001:db8::1"}, {Type::Uri, "https://a.test/x"},
        {Type::Email, "a@example.test"}, {Type::Upn, "a@corp.test"},
        {Type::Other, "a00e06032a0304a0070c0568656c6c6f"}, {Type::Other, "88022a03"}};
    CHECK(certificate.alternativeNames() == expected);
    CHECK(toText(expected[0]) == "dns:*.example.test");
    CHECK(toText(expected[5]) == "upn:a@corp.test");
}

TEST_CASE("a DNS name with a NUL or a space in it is never shown as a DNS name")
{
    // "web1.example.test" with one byte changed; the signature does not matter here.
    for (const char bad : {'\0', ' ', '\n', '\xE9'}) {
        auto der = sample("cert1.der");
        const auto at = der.find(std::string("\x82\x11") + "web1.example.test");
        REQUIRE(at != std::string::npos);
        der[at + 2 + 4] = bad;
        const auto certificate = Certificate::fromDer(der);
        REQUIRE(certificate.ok());
        REQUIRE(certificate->alternativeNames().size() == 1);
        CHECK(certificate->alternativeNames().front().type == GeneralName::Type::Other);
    }
}

TEST_CASE("the user principal name of Microsoft's sample is read, a broken one is not shown as one")
{
    using Type = GeneralName::Type;
    const auto der = sample("microsoft/bst2.der");
    const std::string upn = "abby@d9-1351C0406A.nttest.microsoft.com";
    const auto names = Certificate::fromDer(der)->alternativeNames();
    REQUIRE(names.size() == 2);
    CHECK(names[0] == GeneralName{Type::Upn, upn});
    CHECK(names[1] == GeneralName{Type::Email, "abby@D9-1351C0406A.NTTEST.MICROSOFT.COM"});
    for (const char bad : {'\0', '\n', '\xFF'}) {
        const auto changed =
            Certificate::fromDer(replaced(der, "abby@d9", std::string("abb") + bad + "@d9"));
        REQUIRE(changed.ok());
        CHECK(changed->alternativeNames()[0].type == Type::Other);
    }
}

TEST_CASE("control characters in a subject are shown, not passed on")
{
    auto der = sample("cert1.der");
    const auto at = der.rfind("web1.example.test", der.find("\x82\x11web1"));
    REQUIRE(at != std::string::npos);
    der[at + 4] = '\n';
    const auto certificate = Certificate::fromDer(der);
    REQUIRE(certificate.ok());
    CHECK(certificate->commonName() == "web1\\u000Aexample.test");
    CHECK(certificate->subject() == "CN=web1\\0Aexample.test,O=Example");
    der[at + 4] = '\xFF'; // broken UTF-8
    CHECK_FALSE(Certificate::fromDer(der).ok());
}

TEST_CASE("subjects keep their UTF-8")
{
    const TemporaryFolder folder;
    const auto path = folder / "utf8.pem";
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", folder / "key.pem", "-utf8", "-subj", "/CN=b\xC3\xBCro.example.test", "-out",
        path});
    CHECK(certificateIn(path).commonName() == "b\xC3\xBCro.example.test");
    CHECK(certificateIn(path).subject() == "CN=b\xC3\xBCro.example.test");
}

TEST_CASE("key types have the names that policies use")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    for (const char* type : {"rsa-2048", "ec-p256", "ec-p384", "ed25519"}) {
        const auto& made = pki.selfSigned(type, {.commonName = "x", .keyType = type});
        CHECK(certificateIn(made.certificate).keyType() == type);
    }
}
