#include "shared/model/identifiers.h"
#include "shared/model/order.h"
#include "shared/model/policy.h"
#include "shared/model/slot.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace perennial;

TEST_CASE("identifiers are safe in file names, URLs, logs and argument lists")
{
    for (const std::string good : {"a", "web-servers", "agent-0123", "A.b_c-9", "0198c6d2"})
        CHECK_MESSAGE(model::isSafeIdentifier(good), good);
    CHECK(model::isSafeIdentifier(std::string(128, 'x')));
    CHECK_FALSE(model::isSafeIdentifier(std::string(129, 'x')));
    const std::vector<std::string> bad = {"", ".", "..", ".hidden", "-rf", "a/b", "a b", "a\n",
        "a%2e", "a:b", "caf\xC3\xA9", std::string("a\0b", 3)};
    for (const auto& text : bad)
        CHECK_FALSE_MESSAGE(model::isSafeIdentifier(text), text);
}

TEST_CASE("a slot's identifier depends on its place and on nothing else")
{
    const model::Place place{"pem", "/etc/tls/web.pem", "/etc/tls/web.key"};
    const auto id = model::slotIdOf(place);
    // printf 'pem\0/etc/tls/web.pem\0/etc/tls/web.key' | sha256sum
    const std::string hash = test::mustRun(
        {"/usr/bin/sha256sum"}, std::string("pem\0/etc/tls/web.pem\0/etc/tls/web.key", 37));
    CHECK(id.text() == "slot-" + hash.substr(0, 16));
    CHECK(model::slotIdOf({"pem", "/etc/tls/web.pe", "m/etc/tls/web.key"}) != id);
    CHECK(model::slotIdOf({"pem", "/etc/tls/web.pem", "/etc/tls/web.ke"}) != id);
}

TEST_CASE("origins have names, and only these")
{
    using model::Origin;
    for (const auto origin :
        {Origin::Controller, Origin::AgentAlone, Origin::HostAdmin, Origin::Emergency})
        CHECK(model::originOf(model::nameOf(origin)) == origin);
    CHECK(model::nameOf(Origin::AgentAlone) == "agent-alone");
    CHECK_FALSE(model::originOf("agent"));
    CHECK_FALSE(model::originOf(""));
}

TEST_CASE("facts say what openssl put into the certificate")
{
    test::TemporaryFolder folder;
    test::TestPki pki(folder);
    pki.makeRoot("root");
    test::TestCertificateContent content;
    content.commonName = "web1.example.test";
    content.alternativeNames = "DNS:web1.example.test,IP:192.0.2.1,DNS:a.example.test";
    content.extendedKeyUsage = "serverAuth,clientAuth";
    content.notBefore = "20260101000000Z";
    content.notAfter = "20270101000000Z";
    content.moreExtensions = {"1.3.6.1.4.1.311.21.7 = ASN1:SEQUENCE:template\n[template]\noid = "
                              "OID:1.3.6.1.4.1.311.21.8.1"};
    const auto& made = pki.issue("web1", "root", content);
    const auto certificate = x509::Certificate::fromPem(test::readText(made.certificate));
    REQUIRE(certificate);
    const auto facts = model::factsOf(*certificate);
    CHECK(facts.subject == "CN=web1.example.test");
    CHECK(facts.issuer == "CN=root");
    CHECK(facts.displayName == "web1.example.test");
    CHECK(facts.names ==
          std::vector<std::string>{"dns:a.example.test", "dns:web1.example.test", "ip:192.0.2.1"});
    CHECK(facts.keyType == "ec-p256");
    CHECK(facts.signatureAlgorithm == "ecdsa-with-SHA256");
    CHECK(toRfc3339(facts.notBefore) == "2026-01-01T00:00:00Z");
    CHECK(toRfc3339(facts.notAfter) == "2027-01-01T00:00:00Z");
    CHECK(facts.extendedKeyUsages ==
          std::vector<std::string>{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"});
    CHECK(facts.templateOid == "1.3.6.1.4.1.311.21.8.1");
    CHECK_FALSE(facts.selfSigned);
    const std::string serial =
        test::mustRun({"/usr/bin/openssl", "x509", "-in", made.certificate, "-noout", "-serial"});
    CHECK("serial=" + facts.serial + "\n" == serial);
    std::string fingerprint = test::mustRun(
        {"/usr/bin/openssl", "x509", "-in", made.certificate, "-noout", "-fingerprint", "-sha256"});
    CHECK(facts.fingerprint.text().size() == 64);
    CHECK(fingerprint.size() > 64);

    const auto root = x509::Certificate::fromPem(test::readText(pki["root"].certificate));
    CHECK(model::factsOf(*root).selfSigned);
}

TEST_CASE("a policy set is asked by name")
{
    model::PolicySet set;
    set.policies.resize(2);
    set.policies[1].name = "web";
    set.services.resize(1);
    set.services[0].name = "corp";
    CHECK(set.findPolicy("web") == &set.policies[1]);
    CHECK(set.findPolicy("we") == nullptr);
    CHECK(set.findService("corp") == &set.services[0]);
    CHECK(set.findService("web") == nullptr);
}
