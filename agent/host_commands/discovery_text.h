#pragma once

#include "shared/base/json.h"
#include "shared/base/table.h"
#include "shared/model/slot.h"

#include <string>

namespace perennial::agent {

// What a scan found, for people: a table, then what is odd, what was passed over, and counts.
std::string discoveryText(
    const model::InventoryReport& report, TimePoint now, const Terminal& terminal);

// The same for programs: the report as a controller gets it and all that is no slot, each with
// `quantum`, as quantumWord() has it.
Json discoveryJson(const model::InventoryReport& report);

} // namespace perennial::agent
