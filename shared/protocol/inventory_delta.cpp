#include "shared/protocol/inventory_delta.h"

#include "shared/protocol/agent_messages.h"
#include "shared/protocol/member_reading.h"
#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::protocol {

namespace {

Error refuse(const std::string& reason)
{
    return {ErrorKind::InvalidInput, "inventory changes: " + reason};
}

std::string digestOf(const model::Slot& slot) { return x509::sha256(toJson(slot).canonical()); }

} // namespace

Json toJson(const InventoryDelta& delta)
{
    Json json;
    putVersion(json);
    json["base"] = delta.base;
    json["digest"] = delta.digest;
    json["scanned_at"] = toRfc3339(delta.scannedAt);
    json["slots"] = Json(Json::Array{});
    for (const auto& slot : delta.slots)
        json["slots"].push(toJson(slot));
    json["removed"] = Json(Json::Array{});
    for (const auto& slot : delta.removed)
        json["removed"].push(slot.text());
    return json;
}

Result<InventoryDelta> inventoryDeltaFromJson(const Json& json)
{
    JsonReader in(json, "inventory changes");
    readVersion(in);
    InventoryDelta delta;
    delta.base = readHex(in, "base", 64);
    delta.digest = readHex(in, "digest", 64);
    delta.scannedAt = readTime(in, "scanned_at");
    const auto& slots = in.array("slots", slotsLimit);
    const auto removed = in.strings("removed", slotsLimit);
    if (auto status = in.finish(); !status) return status.error();
    for (const auto& element : slots) {
        auto slot = slotFromJson(element);
        if (!slot) return slot.error().in("inventory changes");
        if (!delta.slots.empty() && !(delta.slots.back().id < slot->id))
            return refuse("slots must be sorted by slot_id, each there once");
        delta.slots.push_back(*std::move(slot));
    }
    for (const auto& text : removed) {
        if (!model::isSafeIdentifier(text)) return refuse("removed has an unsafe identifier");
        if (!delta.removed.empty() && !(delta.removed.back() < model::SlotId(text)))
            return refuse("removed must be sorted, each there once");
        delta.removed.emplace_back(text);
    }
    return delta;
}

Result<std::vector<model::Slot>> applied(
    const InventoryDelta& delta, std::vector<model::Slot> before)
{
    std::map<model::SlotId, model::Slot> slots;
    for (auto& slot : before) {
        auto id = slot.id;
        slots.emplace(std::move(id), std::move(slot));
    }
    for (const auto& id : delta.removed) {
        if (slots.erase(id) == 0)
            return Error{ErrorKind::Conflict, "slot " + id.text() + " is to go and is not there"};
    }
    for (const auto& slot : delta.slots)
        slots.insert_or_assign(slot.id, slot);
    if (slots.size() > slotsLimit) return refuse("they make too many slots");
    std::vector<model::Slot> after;
    after.reserve(slots.size());
    for (auto& [id, slot] : slots)
        after.push_back(std::move(slot));
    return after;
}

SentInventory::SentInventory(const model::InventoryReport& report)
    : digest_(inventoryDigest(report))
{
    for (const auto& slot : report.slots)
        slots_.emplace(slot.id, digestOf(slot));
}

InventoryDelta SentInventory::changesTo(const model::InventoryReport& report) const
{
    InventoryDelta delta{digest_, inventoryDigest(report), report.scannedAt, {}, {}};
    auto left = slots_;
    for (const auto& slot : report.slots) {
        const auto sent = left.extract(slot.id);
        if (sent.empty() || sent.mapped() != digestOf(slot)) delta.slots.push_back(slot);
    }
    for (const auto& [id, digest] : left)
        delta.removed.push_back(id);
    return delta;
}

} // namespace perennial::protocol
