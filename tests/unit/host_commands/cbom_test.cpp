// The cryptographic bill of materials: CycloneDX 1.6. tests/system/bill_of_materials_test.py holds
// it to the published words.

#include "agent/host_commands/cbom.h"

#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <set>

using namespace perennial;
using namespace perennial::agent;

namespace {

model::Slot slotOf(const std::string& path, const std::string& fingerprint)
{
    model::Slot slot;
    slot.place = {"pem", path + ".pem", path + ".key"};
    slot.id = model::slotIdOf(slot.place);
    slot.certificate.fingerprint = model::Fingerprint(fingerprint);
    slot.certificate.displayName = "web1.example.test";
    slot.certificate.subject = "CN=web1.example.test\n{\"forged\": 1}";
    slot.certificate.issuer = "CN=Example";
    slot.certificate.keyType = "ec-p256";
    slot.certificate.signatureAlgorithm = "ecdsa-with-SHA256";
    return slot;
}

std::string referenceOf(const Json& component) { return *component.find("bom-ref")->string(); }

} // namespace

TEST_CASE("one certificate in two places is one component with two occurrences")
{
    const std::string id(64, 'a');
    const model::InventoryReport report{{}, {slotOf("/srv/a", id), slotOf("/srv/b", id)}, {}, {}};
    const auto cbom = toCbom(report, "web1", "00000000-0000-4000-8000-000000000000");
    const auto& components = *cbom.find("components")->array();
    REQUIRE(components.size() == 5); // two algorithms, certificate, public and private key
    std::set<std::string> references;
    for (const auto& component : components) {
        CHECK(references.insert(referenceOf(component)).second);
        if (referenceOf(component).rfind("certificate:", 0) != 0) continue;
        CHECK(component.find("evidence")->find("occurrences")->array()->size() == 2);
    }
    const auto text = cbom.canonical();
    for (const auto* reference : {"signatureAlgorithmRef", "subjectPublicKeyRef", "algorithmRef"}) {
        const auto at = text.find(std::string("\"") + reference + "\":\"");
        REQUIRE(at != std::string::npos);
        const auto begin = at + std::string(reference).size() + 4;
        CHECK(references.count(text.substr(begin, text.find('"', begin) - begin)) == 1);
    }
}

TEST_CASE("foreign text is shown, not taken; a value of a key is nowhere")
{
    const model::InventoryReport report{{}, {slotOf("/srv/a", std::string(64, 'b'))}, {}, {}};
    const auto text = toCbom(report, "web1", "00000000-0000-4000-8000-000000000000").canonical();
    CHECK(text.find("\"forged\"") == std::string::npos);
    CHECK(text.find("\"value\"") == std::string::npos);
}

TEST_CASE("an algorithm that is not known has its own name and no claims")
{
    auto slot = slotOf("/srv/a", std::string(64, 'c'));
    slot.certificate.keyType = "dsa-1024";
    const auto cbom = toCbom({{}, {slot}, {}, {}}, "web1", "00000000-0000-4000-8000-000000000000");
    for (const auto& component : *cbom.find("components")->array()) {
        if (referenceOf(component) != "key-algorithm:dsa-1024") continue;
        const auto* properties = component.find("cryptoProperties")->find("algorithmProperties");
        CHECK(properties->find("classicalSecurityLevel") == nullptr);
        CHECK(*component.find("name")->string() == "dsa-1024");
    }
}

TEST_CASE("what nothing renews is in it, without a key that was not found")
{
    const auto slot = slotOf("/srv/a", std::string(64, 'd'));
    const model::InventoryReport report{{}, {}, {},
        {{{"jks", "/srv/trust.jks", ""}, "trust", "root", "a trust anchor", slot.certificate},
            {{"jks", "/srv/shut.jks", ""}, "unknown", "", "its password is not known", {}}}};
    const auto cbom = toCbom(report, "web1", "00000000-0000-4000-8000-000000000000");
    REQUIRE(cbom.find("components")->array()->size() == 4);
    CHECK(cbom.canonical().find("/srv/trust.jks") != std::string::npos);
    CHECK(cbom.canonical().find("private-key") == std::string::npos);
}

TEST_CASE("a key is as old as its certificate")
{
    const TimePoint now = *timeFromRfc3339("2026-11-21T00:00:00Z");
    const auto stateAt = [&](Duration begin, Duration end) {
        auto slot = slotOf("/srv/a", std::string(64, 'e'));
        slot.certificate.notBefore = now + begin;
        slot.certificate.notAfter = now + end;
        const auto cbom =
            toCbom({now, {slot}, {}, {}}, "web1", "00000000-0000-4000-8000-000000000000");
        std::set<std::string> states;
        for (const auto& component : *cbom.find("components")->array()) {
            const auto* properties =
                component.find("cryptoProperties")->find("relatedCryptoMaterialProperties");
            if (properties != nullptr) states.insert(*properties->find("state")->string());
        }
        REQUIRE(states.size() == 1); // of both halves
        return *states.begin();
    };
    CHECK(stateAt(Duration(-1), Duration(1)) == "active");
    CHECK(stateAt(Duration(0), Duration(0)) == "active");
    CHECK(stateAt(Duration(1), Duration(2)) == "pre-activation");
    CHECK(stateAt(Duration(-2), Duration(-1)) == "deactivated");
}

TEST_CASE(
    "authorities in the file of a slot are certificates of the bill, once, without a private key")
{
    const test::TemporaryFolder folder;
    test::TestPki pki(folder);
    pki.makeRoot("root");
    pki.makeAuthority("issuing", "root");
    model::InventoryReport report;
    for (const std::string name : {"a.test", "b.test"}) {
        const auto& made = pki.issueServer(name, "issuing");
        auto slot = slotOf(made.chain, "");
        slot.certificatePem = test::readText(made.chain);
        slot.certificate = model::factsOf(*x509::Certificate::fromPem(slot.certificatePem));
        report.slots.push_back(slot);
    }
    const auto id =
        x509::Certificate::fromPem(test::readText(pki["issuing"].certificate))->fingerprint();
    const auto cbom = toCbom(report, "web1", "00000000-0000-4000-8000-000000000000");
    int found = 0;
    for (const auto& component : *cbom.find("components")->array()) {
        if (referenceOf(component) != "certificate:" + id) continue;
        ++found;
        CHECK(component.find("evidence")->find("occurrences")->array()->size() == 2);
    }
    CHECK(found == 1);
    CHECK(cbom.canonical().find("private-key:" + id) == std::string::npos);
    CHECK(cbom.canonical().find("public-key:" + id) != std::string::npos);
}

TEST_CASE(
    "an algorithm for which no quantum computer is known to be enough has its name and category")
{
    auto slot = slotOf("/srv/a", std::string(64, 'f'));
    slot.certificate.keyType = "2.16.840.1.101.3.4.3.18";
    slot.certificate.signatureAlgorithm = "1.2.3.4";
    const auto cbom = toCbom({{}, {slot}, {}, {}}, "web1", "00000000-0000-4000-8000-000000000000");
    for (const auto& component : *cbom.find("components")->array()) {
        const auto* properties = component.find("cryptoProperties")->find("algorithmProperties");
        if (properties == nullptr) continue;
        const auto* level = properties->find("nistQuantumSecurityLevel");
        if (referenceOf(component) == "signature-algorithm:1.2.3.4") {
            CHECK(level == nullptr);
        } else {
            CHECK(*component.find("name")->string() == "ML-DSA-65");
            CHECK(*level->integer() == 3);
        }
    }
}
