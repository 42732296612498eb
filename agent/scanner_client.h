#pragma once

#include "agent/agent_config.h"
#include "shared/model/slot.h"

namespace perennial::agent {

// Asks perennial-scanner what is on this host: its program, or its socket under systemd. What it
// writes is foreign text: parsed strictly, capped at 32 MB.
Result<model::InventoryReport> scan(const AgentConfig::Scanner& scanner);

} // namespace perennial::agent
