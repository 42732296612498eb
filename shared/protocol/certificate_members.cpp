#include "shared/protocol/certificate_members.h"

#include "shared/protocol/member_reading.h"

namespace perennial::protocol {

namespace {

// A certificate has at most 64 KB, and a byte of it gives at most six of escaped text.
constexpr std::size_t nameLimit = 400'000;
constexpr std::size_t listLimit = 70'000;
constexpr std::size_t pathLimit = 4096;

} // namespace

Json toJson(const model::CertificateFacts& facts)
{
    Json json;
    json["fingerprint"] = facts.fingerprint.text();
    json["serial"] = facts.serial;
    json["subject"] = facts.subject;
    json["issuer"] = facts.issuer;
    json["display_name"] = facts.displayName;
    json["names"] = toArray(facts.names);
    json["key_type"] = facts.keyType;
    json["signature_algorithm"] = facts.signatureAlgorithm;
    json["not_before"] = toRfc3339(facts.notBefore);
    json["not_after"] = toRfc3339(facts.notAfter);
    json["extended_key_usages"] = toArray(facts.extendedKeyUsages);
    json["template_oid"] = facts.templateOid;
    json["self_signed"] = facts.selfSigned;
    return json;
}

Result<model::CertificateFacts> factsFromJson(const Json& json)
{
    JsonReader in(json, "certificate");
    model::CertificateFacts facts;
    facts.fingerprint = model::Fingerprint(readHex(in, "fingerprint", 64));
    facts.serial = in.string("serial", nameLimit);
    facts.subject = in.string("subject", nameLimit);
    facts.issuer = in.string("issuer", nameLimit);
    facts.displayName = in.string("display_name", nameLimit);
    facts.names = readLongStrings(in, "names", listLimit, nameLimit);
    facts.keyType = in.string("key_type", 1024);
    facts.signatureAlgorithm = in.string("signature_algorithm", 1024);
    facts.notBefore = readTime(in, "not_before");
    facts.notAfter = readTime(in, "not_after");
    facts.extendedKeyUsages = readLongStrings(in, "extended_key_usages", listLimit, 1024);
    facts.templateOid = in.string("template_oid", 1024);
    facts.selfSigned = in.boolean("self_signed");
    if (auto status = in.finish(); !status) return status.error();
    return facts;
}

Json toJson(const model::Place& place)
{
    Json json;
    json["store"] = place.store;
    json["certificate_path"] = place.certificatePath;
    json["key_path"] = place.keyPath;
    return json;
}

Result<model::Place> placeFromJson(const Json& json)
{
    JsonReader in(json, "place");
    model::Place place;
    place.store = readIdentifier(in, "store");
    place.certificatePath = in.string("certificate_path", pathLimit);
    place.keyPath = in.string("key_path", pathLimit);
    for (const char* member : {"certificate_path", "key_path"}) {
        const auto* path = json.find(member) ? json.find(member)->string() : nullptr;
        if (path != nullptr && path->find('\0') != std::string::npos)
            in.fail(member, "holds a zero byte");
    }
    if (auto status = in.finish(); !status) return status.error();
    return place;
}

} // namespace perennial::protocol
