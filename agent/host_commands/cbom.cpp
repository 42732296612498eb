#include "agent/host_commands/cbom.h"

#include "agent/host_commands/quantum_level.h"
#include "shared/base/encoding.h"

#include <array>
#include <map>
#include <set>

namespace perennial::agent {

namespace {

// Classical strength as NIST SP 800-57 part 1, table 2 has it.
struct KeyKind {
    std::string_view keyType;
    std::string_view name;
    std::string_view curve;
    int size; // bits
    int strength;
};
constexpr std::array keyKinds = {KeyKind{"rsa-1024", "RSA-1024", "", 1024, 80},
    KeyKind{"rsa-2048", "RSA-2048", "", 2048, 112}, KeyKind{"rsa-3072", "RSA-3072", "", 3072, 128},
    KeyKind{"rsa-4096", "RSA-4096", "", 4096, 128},
    KeyKind{"ec-p256", "ECDSA-P-256", "nist/P-256", 256, 128},
    KeyKind{"ec-p384", "ECDSA-P-384", "nist/P-384", 384, 192},
    KeyKind{"ec-p521", "ECDSA-P-521", "nist/P-521", 521, 256},
    KeyKind{"ed25519", "Ed25519", "other/Ed25519", 256, 128},
    KeyKind{"ed448", "Ed448", "other/Ed448", 448, 224}};

const KeyKind* kindOf(const std::string& keyType)
{
    for (const auto& kind : keyKinds)
        if (kind.keyType == keyType) return &kind;
    return nullptr;
}

Json component(const std::string& reference, const std::string& name, const char* assetType)
{
    Json json;
    json["type"] = "cryptographic-asset";
    json["bom-ref"] = reference;
    json["name"] = name;
    json["cryptoProperties"]["assetType"] = assetType;
    return json;
}

std::string nameOf(const std::string& algorithm)
{
    const auto name = quantumResistantName(algorithm);
    return name.empty() ? toPrintable(algorithm, 100) : std::string(name);
}

void addQuantumLevel(const std::string& algorithm, Json& properties)
{
    if (const auto level = quantumLevelOf(algorithm))
        properties["nistQuantumSecurityLevel"] = *level;
}

Json keyAlgorithm(const std::string& reference, const std::string& keyType)
{
    const auto* kind = kindOf(keyType);
    auto json = component(
        reference, kind == nullptr ? nameOf(keyType) : std::string(kind->name), "algorithm");
    auto& properties = json["cryptoProperties"]["algorithmProperties"];
    properties["primitive"] = "signature";
    properties["cryptoFunctions"] = Json(Json::Array{"keygen", "sign", "verify"});
    addQuantumLevel(keyType, properties);
    if (kind == nullptr) return json;
    properties["parameterSetIdentifier"] = std::to_string(kind->size);
    if (!kind->curve.empty()) properties["curve"] = kind->curve;
    properties["classicalSecurityLevel"] = kind->strength;
    return json;
}

Json signatureAlgorithm(const std::string& reference, const std::string& name)
{
    auto json = component(reference, nameOf(name), "algorithm");
    auto& properties = json["cryptoProperties"]["algorithmProperties"];
    properties["primitive"] = "signature";
    properties["cryptoFunctions"] = Json(Json::Array{"sign", "verify"});
    addQuantumLevel(name, properties);
    return json;
}

// NIST SP 800-57 part 1, section 7: a key's life here is that of its certificate.
const char* stateOf(const model::CertificateFacts& facts, TimePoint now)
{
    if (now < facts.notBefore) return "pre-activation";
    return facts.notAfter < now ? "deactivated" : "active";
}

// What is written down once, however many places hold it.
class Materials {
public:
    explicit Materials(TimePoint now) : now_(now) {}

    void add(const model::CertificateFacts& facts, const model::Place& place)
    {
        const auto id = facts.fingerprint.text();
        const auto algorithm = "key-algorithm:" + toPrintable(facts.keyType, 100);
        const auto signature = "signature-algorithm:" + toPrintable(facts.signatureAlgorithm, 100);
        if (known_.insert(algorithm).second) put(keyAlgorithm(algorithm, facts.keyType));
        if (known_.insert(signature).second)
            put(signatureAlgorithm(signature, facts.signatureAlgorithm));
        if (known_.insert(id).second) {
            put(certificate(facts, id, signature));
            put(key("public-key", facts, id, algorithm));
        }
        places_[indexOf_["certificate:" + id]].insert(place.certificatePath);
        if (place.keyPath.empty()) return;
        if (known_.insert("private:" + id).second) put(key("private-key", facts, id, algorithm));
        places_[indexOf_["private-key:" + id]].insert(place.keyPath);
    }

    Json take()
    {
        for (const auto& [index, paths] : places_) {
            auto& occurrences = components_[index]["evidence"]["occurrences"];
            for (const auto& path : paths)
                occurrences.push(Json(Json::Object{{"location", path}}));
        }
        return Json(std::move(components_));
    }

private:
    void put(Json json)
    {
        indexOf_[*json.find("bom-ref")->string()] = components_.size();
        components_.push_back(std::move(json));
    }

    static Json certificate(
        const model::CertificateFacts& facts, const std::string& id, const std::string& signature)
    {
        auto json =
            component("certificate:" + id, toPrintable(facts.displayName, 500), "certificate");
        auto& properties = json["cryptoProperties"]["certificateProperties"];
        properties["subjectName"] = toPrintable(facts.subject, 4096);
        properties["issuerName"] = toPrintable(facts.issuer, 4096);
        properties["notValidBefore"] = toRfc3339(facts.notBefore);
        properties["notValidAfter"] = toRfc3339(facts.notAfter);
        properties["signatureAlgorithmRef"] = signature;
        properties["subjectPublicKeyRef"] = "public-key:" + id;
        properties["certificateFormat"] = "X.509";
        return json;
    }

    Json key(const char* type, const model::CertificateFacts& facts, const std::string& id,
        const std::string& algorithm) const
    {
        auto json = component(std::string(type) + ":" + id,
            std::string(type) + " of " + toPrintable(facts.displayName, 500),
            "related-crypto-material");
        auto& properties = json["cryptoProperties"]["relatedCryptoMaterialProperties"];
        properties["type"] = type;
        properties["state"] = stateOf(facts, now_);
        properties["algorithmRef"] = algorithm;
        if (const auto* kind = kindOf(facts.keyType)) properties["size"] = kind->size;
        return json;
    }

    TimePoint now_;
    Json::Array components_;
    std::set<std::string> known_;
    std::map<std::string, std::size_t> indexOf_;
    std::map<std::size_t, std::set<std::string>> places_;
};

// The authorities in the file of a slot, which no other part of a report names.
void addChain(const model::Slot& slot, Materials& materials)
{
    const auto chain = x509::Certificate::allFromPem(slot.certificatePem);
    if (!chain) return; // a report that was read has none that cannot be parsed
    for (std::size_t i = 1; i < chain->size(); ++i)
        materials.add(
            model::factsOf((*chain)[i]), {slot.place.store, slot.place.certificatePath, ""});
}

} // namespace

Json toCbom(const model::InventoryReport& report, const std::string& hostName,
    const std::string& serialNumber)
{
    Json json;
    json["bomFormat"] = "CycloneDX";
    json["specVersion"] = "1.6";
    json["serialNumber"] = "urn:uuid:" + serialNumber;
    json["version"] = 1;
    auto& metadata = json["metadata"];
    metadata["timestamp"] = toRfc3339(report.scannedAt);
    metadata["tools"]["components"].push(Json(Json::Object{
        {"type", "application"}, {"name", "perennial-agent"}, {"version", PERENNIAL_VERSION}}));
    metadata["component"]["type"] = "device";
    metadata["component"]["name"] = toPrintable(hostName, 255);
    Materials materials(report.scannedAt);
    for (const auto& slot : report.slots) {
        materials.add(slot.certificate, slot.place);
        addChain(slot, materials);
    }
    for (const auto& found : report.found)
        if (found.certificate) materials.add(*found.certificate, found.place);
    json["components"] = materials.take();
    return json;
}

} // namespace perennial::agent
