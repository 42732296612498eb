#pragma once

#include "shared/base/table.h"
#include "shared/base/json.h"

#include <string>

namespace perennial::cli {

// Whether an order in this state will not change any more.
bool hasEnded(const std::string& state);
Style styleOfState(const std::string& state);
// "completed in 3.2 s: serial 01AB is replaced by 02CD"
std::string endOf(const Json& renewal);
// One event of the audit log in a line.
std::string eventLine(const Json& event, const Terminal& terminal);

} // namespace perennial::cli
