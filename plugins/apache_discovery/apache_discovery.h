#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::plugins {

// Finds the certificates that Apache's configuration names, and where Apache shows them. The
// configuration is read; no Apache runs. Kind: "apache".
class ApacheDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::string config;                         // the first file
        std::string serverRoot;                     // until the configuration says another
        std::map<std::string, std::string> defines; // -D, and variables of its environment
        std::vector<std::string> modules;           // built in: "ssl_module", "mod_ssl.c"
    };
    explicit ApacheDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings: `config`; `server_root`, by default the folder of `config`; `defines`, a list of "NAME"
// or "NAME=value"; `modules`, a list.
Result<std::unique_ptr<DiscoverySource>> makeApacheDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
