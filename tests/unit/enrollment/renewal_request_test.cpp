#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cms.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::request;
using perennial::test::contains;
using perennial::test::must;
using perennial::test::mustRun;
using perennial::test::readText;
using perennial::test::sample;
using perennial::test::TemporaryFolder;
using perennial::test::TestCertificateContent;
using perennial::test::TestPki;

namespace {

x509::PrivateKey keyFrom(const std::string& path)
{
    return must(x509::PrivateKey::fromPem(Secret(readText(path))));
}

x509::Certificate certificateFrom(const std::string& path)
{
    return must(x509::Certificate::fromPem(readText(path)));
}

// With what a template puts into a certificate.
TestCertificateContent templateContent(const std::string& keyType)
{
    TestCertificateContent content;
    content.commonName = "web1.example.test";
    content.alternativeNames = "DNS:web1.example.test,DNS:www.example.test";
    content.extendedKeyUsage = "clientAuth,serverAuth";
    content.keyType = keyType;
    content.moreExtensions = {"1.3.6.1.4.1.311.21.7=DER:300b06032a0304020164020104",
        "1.3.6.1.4.1.311.21.10=DER:300c300a06082b06010505070302",
        "1.3.6.1.4.1.311.25.2=DER:3012a010060a2b060104018237190201a0020400"};
    return content;
}

} // namespace

TEST_CASE("a renewal is signed by both keys and says what the old certificate said")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    for (const std::string keyType : {"ec-p256", "rsa-2048"}) {
        CAPTURE(keyType);
        const auto& old = pki.issue("old-" + keyType, "root", templateContent(keyType));
        const auto newKey = must(x509::PrivateKey::generate("ec-p256"));
        const Bytes der =
            must(makeRenewalRequest(certificateFrom(old.certificate), keyFrom(old.key), newKey));

        // What openssl makes of it.
        const std::string cms = folder.write("renewal.der", der);
        const std::string inner = folder / "inner.der";
        mustRun({"/usr/bin/openssl", "cms", "-verify", "-inform", "DER", "-in", cms, "-binary",
            "-CAfile", pki["root"].certificate, "-purpose", "any", "-out", inner});
        const std::string text = mustRun({"/usr/bin/openssl", "req", "-inform", "DER", "-in", inner,
            "-noout", "-text", "-verify", "-subject", "-nameopt", "RFC2253"});
        CHECK(contains(text, "verify OK"));
        CHECK(contains(text, "subject=CN=web1.example.test"));
        CHECK(contains(text, "DNS:web1.example.test, DNS:www.example.test"));
        CHECK(contains(text, "TLS Web Client Authentication, TLS Web Server Authentication"));
        CHECK(contains(text, "1.3.6.1.4.1.311.21.7"));
        CHECK(contains(text, "1.3.6.1.4.1.311.21.10"));
        CHECK(contains(text, "1.3.6.1.4.1.311.25.2"));
        CHECK(contains(text, "1.3.6.1.4.1.311.13.1"));
        const std::string structure =
            mustRun({"/usr/bin/openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", cms});
        CHECK(contains(structure, "version: 1"));
        CHECK_FALSE(contains(structure, "version: 3"));
        CHECK(contains(structure, "signedAttrs:\n          <ABSENT>"));
        CHECK(contains(structure, "eContentType: pkcs7-data"));

        const auto read = readRequest(der);
        REQUIRE(std::holds_alternative<RenewalRequest>(read));
        const auto& renewal = std::get<RenewalRequest>(read);
        CHECK(renewal.old == certificateFrom(old.certificate));
        CHECK(renewal.request.publicKeyDer() == newKey.publicKeyDer());
        CHECK(renewal.request.subjectDer() == renewal.old.subjectDer());
        CHECK(renewal.request.extensions().size() == 6);
        for (const auto& extension : renewal.request.extensions()) {
            CHECK(renewal.old.extension(extension.oid) == extension.value);
            CHECK(renewal.old.isExtensionCritical(extension.oid) == extension.critical);
        }
    }
}

TEST_CASE("a renewal may keep its key")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    const auto& old = pki.issueClient("web1", "root");
    const auto key = keyFrom(old.key);
    const Bytes der = must(makeRenewalRequest(certificateFrom(old.certificate), key, key));
    CHECK(std::holds_alternative<RenewalRequest>(readRequest(der)));
}

TEST_CASE("the sample renewal made by other programs is read")
{
    const auto read = readRequest(sample("renew_cms.der"));
    REQUIRE(std::holds_alternative<RenewalRequest>(read));
    const auto& renewal = std::get<RenewalRequest>(read);
    CHECK(renewal.request.toDer() == sample("renew_p10.der"));
    CHECK(renewal.old.toDer() == sample("cert1.der"));
}

TEST_CASE("a renewal is not made with a key that is not the old certificate's")
{
    const auto old = must(x509::Certificate::fromDer(sample("cert1.der")));
    const auto stranger = must(x509::PrivateKey::generate("ec-p256"));
    CHECK(makeRenewalRequest(old, stranger, stranger).error().kind == ErrorKind::InvalidInput);
}

TEST_CASE("a first request holds what was asked for and is signed by its key")
{
    const TemporaryFolder folder;
    const auto key = must(x509::PrivateKey::generate("ec-p256"));
    EnrollmentContent content;
    content.subject = "web1.example.test";
    content.alternativeNames = {{x509::GeneralName::Type::Dns, "web1.example.test"}};
    content.templateInformation = {"1.3.6.1.4.1.311.21.8.1.2", "", 100, 4};
    content.extendedKeyUsages = {std::string(x509::oid::serverAuthentication)};
    content.applicationPolicies = {std::string(x509::oid::serverAuthentication)};
    content.keyUsages = {"digitalSignature"};
    content.furtherExtensions = {
        {std::string(x509::oid::keyUsage), true, Bytes("\x03\x02\x05\xA0")},
        {"1.2.3.4", false, Bytes("\x05\x00", 2)}};
    const auto request = must(makeEnrollmentRequest(content, key));
    const std::string text = mustRun({"/usr/bin/openssl", "req", "-inform", "DER", "-in",
        folder.write("request.der", request.toDer()), "-noout", "-text", "-verify", "-subject"});
    CHECK(contains(text, "verify OK"));
    CHECK(contains(text, "CN = web1.example.test"));
    CHECK(contains(text, "DNS:web1.example.test"));
    CHECK(contains(text, "TLS Web Server Authentication"));
    CHECK(contains(text, "Digital Signature, Key Encipherment")); // the policy's, not ours
    CHECK(contains(text, "1.2.3.4"));
    CHECK(request.templateInformation() == content.templateInformation);
    CHECK(std::get<NewRequest>(readRequest(request.toDer())).request.toDer() == request.toDer());
}

TEST_CASE("a first request may leave its subject to the CA and name its template as schema 1 does")
{
    const auto key = must(x509::PrivateKey::generate("ec-p256"));
    EnrollmentContent content;
    content.templateInformation.name = "Machine";
    content.alternativeNames = {{x509::GeneralName::Type::Dns, "web1.example.test"}};
    const auto request = must(makeEnrollmentRequest(content, key));
    CHECK(request.subjectDer() == Bytes("\x30\x00", 2));
    const auto foreign = must(x509::SigningRequest::fromDer(sample("p10_v1_template.der")));
    CHECK(request.extension(x509::oid::templateName) == foreign.extension(x509::oid::templateName));
    CHECK(request.extensions().front().critical); // the names, as there is no subject
    content.alternativeNames = {{x509::GeneralName::Type::Ip, "not an address"}};
    CHECK_FALSE(makeEnrollmentRequest(content, key).ok());
}
