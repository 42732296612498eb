#pragma once

#include "shared/base/table.h"
#include "shared/model/slot.h"

#include <string>

namespace perennial::agent {

// What a scan found, for people: a table, then what is odd, what was passed over, and counts.
std::string discoveryText(
    const model::InventoryReport& report, TimePoint now, const Terminal& terminal);

} // namespace perennial::agent
