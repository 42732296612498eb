#pragma once

#include "shared/base/json.h"
#include "shared/model/slot.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::protocol {

// POST /v1/inventory/changes (mTLS) -> {"digest": ...}, as POST /v1/inventory answers. Conflict
// when `base` is not what the controller holds, or when the changes do not lead to `digest`: then
// the whole is sent.
struct InventoryDelta {
    std::string base;   // inventoryDigest() of what is changed
    std::string digest; // of what comes of it
    TimePoint scannedAt;
    std::vector<model::Slot> slots;     // new or changed, sorted by id
    std::vector<model::SlotId> removed; // sorted
};
Json toJson(const InventoryDelta&);
Result<InventoryDelta> inventoryDeltaFromJson(const Json&);

// All slots that come of it, sorted. Conflict for one that is removed and is not there.
Result<std::vector<model::Slot>> applied(
    const InventoryDelta& delta, std::vector<model::Slot> before);

// What was sent last, in a few bytes for each slot.
class SentInventory {
public:
    SentInventory() = default; // nothing was
    explicit SentInventory(const model::InventoryReport& report);

    const std::string& digest() const { return digest_; } // empty: nothing was sent
    InventoryDelta changesTo(const model::InventoryReport& report) const;

private:
    std::string digest_;
    std::map<model::SlotId, std::string> slots_; // SHA-256
};

} // namespace perennial::protocol
