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
    std::string memoryFile = {}; // where it is kept what the source remembers; empty: nowhere
};

struct ScannerConfig {
    std::string state; // a folder of the scanner's own; empty: nothing is remembered
    std::vector<NamedSource> sources;
};

inline constexpr const char* memorySuffix = ".memory";

// Reads scanner.yaml and makes its sources. InvalidInput names file, line and key.
Result<ScannerConfig> loadConfig(
    const FileSystem& files, const std::string& file, const PluginRegistry& plugins);

} // namespace perennial::scanner
