#pragma once

#include "shared/base/json.h"

#include <string>

namespace perennial::agent {

// An answer of the agent for people: "status", "slots", "renew", "scan", "discover".
std::string asText(const std::string& command, const Json& answer);

} // namespace perennial::agent
