#include "shared/base/encoding.h"
#include "shared/protocol/agent_messages.h"
#include "shared/protocol/certificate_members.h"
#include "shared/protocol/member_reading.h"
#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::protocol {

namespace {

constexpr std::size_t reasonLimit = 1024;
constexpr std::size_t warningsLimit = 100;
constexpr std::size_t skippedLimit = 1000;

Result<model::Listener> readListener(const Json& json)
{
    JsonReader in(json, "listener");
    model::Listener listener;
    listener.host = in.string("host", 64);
    const auto port = in.integer("port");
    if (port < 1 || port > 65535) in.fail("port", "must be 1 to 65535");
    listener.serverName = in.string("server_name", 253);
    listener.served = model::Fingerprint(readHexOrEmpty(in, "served", 64));
    listener.startTls = in.optionalString("start_tls", 16).value_or("");
    if (!listener.startTls.empty() && !model::isSafeIdentifier(listener.startTls))
        in.fail("start_tls", "is not a safe identifier");
    listener.observed = in.optionalBoolean("observed", false);
    if (auto status = in.finish(); !status) return status.error();
    listener.port = static_cast<int>(port);
    return listener;
}

// The certificate is believed, not what is said of it.
Status takeFromCertificate(model::Slot& slot)
{
    if (slot.certificatePem.empty()) return {};
    const auto leaf = x509::Certificate::fromPem(slot.certificatePem);
    if (!leaf)
        return Error{ErrorKind::InvalidInput, "slot: certificate_pem: " + leaf.error().message};
    const auto facts = model::factsOf(*leaf);
    if (facts.fingerprint != slot.certificate.fingerprint)
        return Error{ErrorKind::InvalidInput,
            "slot: certificate.fingerprint is not that of the first one in certificate_pem"};
    slot.certificate = facts;
    return {};
}

// Reasons name files and quote foreign text; one bad byte or a long list must not cost the report.
Json::Array reasons(const std::vector<std::string>& texts, std::size_t limit)
{
    Json::Array array;
    for (const auto& text : texts) {
        if (array.size() + 1 == limit && texts.size() > limit) {
            array.emplace_back("and " + std::to_string(texts.size() - array.size()) + " more");
            break;
        }
        array.emplace_back(toPrintable(text, reasonLimit));
    }
    return array;
}

bool comesAfter(const model::Slot& slot, const std::vector<model::Slot>& before)
{
    return before.empty() || before.back().id < slot.id;
}

} // namespace

Json toJson(const model::Slot& slot)
{
    Json json;
    json["slot_id"] = slot.id.text();
    json["place"] = toJson(slot.place);
    json["service"] = slot.service;
    Json::Array listeners;
    for (const auto& listener : slot.listeners) {
        Json member(Json::Object{{"host", listener.host}, {"port", listener.port},
            {"server_name", listener.serverName}, {"served", listener.served.text()}});
        if (!listener.startTls.empty()) member["start_tls"] = listener.startTls;
        if (listener.observed) member["observed"] = true;
        listeners.push_back(std::move(member));
    }
    json["listeners"] = std::move(listeners);
    json["certificate"] = toJson(slot.certificate);
    json["certificate_pem"] = slot.certificatePem;
    json["warnings"] = reasons(slot.warnings, warningsLimit);
    return json;
}

Result<model::Slot> slotFromJson(const Json& json)
{
    if (auto status = refusePrivateKeys(json, "slot"); !status) return status.error();
    JsonReader in(json, "slot");
    model::Slot slot;
    slot.id = model::SlotId(readIdentifier(in, "slot_id"));
    const Json& place = in.value("place");
    slot.service = readOptionalIdentifier(in, "service");
    const auto& listeners = in.array("listeners", 1000);
    const Json& certificate = in.value("certificate");
    slot.certificatePem = in.string("certificate_pem", pemLimit);
    slot.warnings = in.strings("warnings", warningsLimit);
    if (auto status = in.finish(); !status) return status.error();

    auto readPlaceOf = placeFromJson(place);
    if (!readPlaceOf) return readPlaceOf.error().in("slot");
    slot.place = *std::move(readPlaceOf);
    auto facts = factsFromJson(certificate);
    if (!facts) return facts.error().in("slot");
    slot.certificate = *std::move(facts);
    for (const auto& element : listeners) {
        auto listener = readListener(element);
        if (!listener) return listener.error().in("slot");
        slot.listeners.push_back(*std::move(listener));
    }
    if (auto status = takeFromCertificate(slot); !status) return status.error();
    return slot;
}

Json toJson(const model::InventoryReport& report)
{
    Json json;
    putVersion(json);
    json["scanned_at"] = toRfc3339(report.scannedAt);
    Json::Array slots;
    for (const auto& slot : report.slots)
        slots.push_back(toJson(slot));
    json["slots"] = std::move(slots);
    json["skipped"] = reasons(report.skipped, skippedLimit);
    return json;
}

Result<model::InventoryReport> inventoryReportFromJson(const Json& json)
{
    JsonReader in(json, "inventory report");
    readVersion(in);
    model::InventoryReport report;
    report.scannedAt = readTime(in, "scanned_at");
    const auto& slots = in.array("slots", slotsLimit);
    report.skipped = in.strings("skipped", skippedLimit);
    if (auto status = in.finish(); !status) return status.error();
    for (const auto& element : slots) {
        auto slot = slotFromJson(element);
        if (!slot) return slot.error().in("inventory report");
        if (!comesAfter(*slot, report.slots))
            return Error{ErrorKind::InvalidInput,
                "inventory report: slots must be sorted by slot_id, each there once"};
        report.slots.push_back(*std::move(slot));
    }
    return report;
}

std::string inventoryDigest(const model::InventoryReport& report)
{
    Json slots{Json::Array()};
    for (const auto& slot : report.slots)
        slots.push(toJson(slot));
    return x509::sha256Hex(slots.canonical());
}

} // namespace perennial::protocol
