#pragma once

#include "shared/base/json.h"

#include <string>

namespace perennial::agent {

// An answer of the agent for people, by the command that was asked; docs/agent_programs.md.
std::string asText(const std::string& command, const Json& answer);

} // namespace perennial::agent
