#pragma once

#include "shared/base/json.h"
#include "shared/plugin_api/plugin_registry.h"

namespace perennial::agent {

// `perennial-enroller doctor`: what `perennial-agent doctor enrollment` asks;
// docs/agent_programs.md has the JSON. A certificate whose key this process may not read is looked
// at without the key.
Result<Json> examine(const Json& question, const PluginRegistry& plugins, TimePoint now);

} // namespace perennial::agent
