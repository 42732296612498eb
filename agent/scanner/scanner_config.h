#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <memory>
#include <string>
#include <vector>

namespace perennial::scanner {

struct NamedSource {
    std::string name; // its kind and where the configuration names it, for messages
    std::unique_ptr<DiscoverySource> source;
};

// Reads scanner.yaml and makes its sources. InvalidInput names file, line and key.
Result<std::vector<NamedSource>> loadSources(
    const FileSystem& files, const std::string& file, const PluginRegistry& plugins);

} // namespace perennial::scanner
