// What is said of algorithms, by the names that certificates of openssl's hand have for them.

#include "agent/host_commands/quantum_level.h"

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;

namespace {

// A certificate that OpenSSL 3.0 cannot make: the bytes are openssl's, the algorithms are by OID.
model::CertificateFacts factsWith(
    const TemporaryFolder& folder, const std::string& key, const std::string& signature)
{
    const auto text = folder.write("certificate.cnf",
        "asn1 = SEQUENCE:certificate\n"
        "[certificate]\ntbs = SEQUENCE:tbs\nalgorithm = SEQUENCE:signature\n"
        "value = FORMAT:HEX,BITSTRING:00\n"
        "[tbs]\nversion = EXPLICIT:0,INTEGER:2\nserial = INTEGER:7\n"
        "algorithm = SEQUENCE:signature\nissuer = SEQUENCE:name\nvalidity = SEQUENCE:validity\n"
        "subject = SEQUENCE:name\nkey = SEQUENCE:key\n"
        "[signature]\noid = OID:" +
            signature +
            "\n"
            "[name]\n[validity]\nfrom = UTCTIME:260101000000Z\nto = UTCTIME:270101000000Z\n"
            "[key]\nalgorithm = SEQUENCE:kind\nvalue = FORMAT:HEX,BITSTRING:00\n"
            "[kind]\noid = OID:" +
            key + "\n");
    const auto der = folder / "certificate.der";
    mustRun({"/usr/bin/openssl", "asn1parse", "-genconf", text, "-noout", "-out", der});
    const auto certificate = x509::Certificate::fromDer(readText(der));
    REQUIRE_MESSAGE(certificate.ok(), certificate.error().message);
    return model::factsOf(*certificate);
}

} // namespace

TEST_CASE("every key that openssl makes here is vulnerable, whoever signed")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    for (const auto* type : {"rsa-2048", "ec-p256", "ec-p384", "ed25519", "ED448", "RSA-PSS"}) {
        const auto& made = pki.selfSigned(type, {.commonName = "web", .keyType = type});
        const auto facts = model::factsOf(*x509::Certificate::fromPem(readText(made.certificate)));
        CHECK_MESSAGE(quantumLevelOf(facts.keyType) == 0, facts.keyType);
        CHECK_MESSAGE(quantumLevelOf(facts.signatureAlgorithm) == 0, facts.signatureAlgorithm);
        CHECK(quantumWord(facts) == "vulnerable");
    }
    for (const auto* name : {"dsa-2048", "ec-brainpoolP256r1", "rsa-pss-2048"})
        CHECK(quantumLevelOf(name) == 0);
}

TEST_CASE("a signature that a quantum computer forges makes the certificate vulnerable, an unknown "
          "one not")
{
    const TemporaryFolder folder;
    const std::string lattice = "2.16.840.1.101.3.4.3.18";
    const std::string hash = "2.16.840.1.101.3.4.3.31";
    const auto word = [&](const std::string& key, const std::string& signature) {
        return quantumWord(factsWith(folder, key, signature));
    };
    CHECK(word(lattice, lattice) == "resistant");
    CHECK(word(lattice, hash) == "resistant");
    CHECK(word(lattice, "ecdsa-with-SHA256") == "vulnerable");
    CHECK(word(lattice, "1.2.3.4") == "unknown");
    CHECK(word("1.2.3.4", lattice) == "unknown");
    CHECK(quantumLevelOf(factsWith(folder, lattice, hash).keyType) == 3);
    CHECK(quantumLevelOf(factsWith(folder, lattice, hash).signatureAlgorithm) == 5);
    CHECK(quantumResistantName(lattice) == "ML-DSA-65");
    CHECK(quantumResistantName("rsa-2048").empty());
    CHECK(quantumLevelOf("ML-DSA-87") == 5); // as later versions of OpenSSL name it
}
