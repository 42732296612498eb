#pragma once

#include "controller/storage/slot_store.h"

#include <optional>

namespace perennial::controller {

// Days left at which certificate.expiring is told: 30, 14, 7, 3, 1; 0 is certificate.expired. The
// smallest one that was reached and not yet told; the ones jumped over are not told again.
std::optional<int> expiryAlertFor(const SlotRecord& record, TimePoint now);
// For the database: exactly the slots that have one.
std::vector<slots::Threshold> expiryThresholds(TimePoint now);

} // namespace perennial::controller
