// The cryptographic bill of materials: CycloneDX 1.6. A system test holds it to the published
// words.

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
