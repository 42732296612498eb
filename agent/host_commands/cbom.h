#pragma once

#include "shared/base/json.h"
#include "shared/model/slot.h"

#include <string>

namespace perennial::agent {

// What a scan found as a cryptographic bill of materials: CycloneDX 1.6 JSON, a component for each
// certificate (of chains too), each key (never its value; its state at the time of the scan) and
// each algorithm, and where each lies. `serialNumber` is a UUID that is new for each document.
Json toCbom(const model::InventoryReport& report, const std::string& hostName,
    const std::string& serialNumber);

} // namespace perennial::agent
