#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Finds the certificates that units are given as credentials (systemd.exec(5)), and which unit uses
// which: pairs of files are places, with the unit as the service. Encrypted credentials are told by
// name and never read. systemd is not asked. Kind: "systemd".
class SystemdDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::vector<std::string> units;       // folders, the most important one first
        std::vector<std::string> credentials; // folders of credentials without a path
    };
    explicit SystemdDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings, both optional lists of folders: `units`, `credentials`.
Result<std::unique_ptr<DiscoverySource>> makeSystemdDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
