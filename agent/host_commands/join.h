#pragma once

#include "agent/agent_config.h"
#include "shared/base/file_system.h"

namespace perennial::agent {

// `perennial-agent join`: trades a one-time token for an identity. Conflict when this agent has one
// already.
Result<std::string> join(const AgentConfig& config, FileSystem& files, const Clock& clock,
    const std::string& tokenText, const std::string& hostName);

} // namespace perennial::agent
