#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Finds whom a host trusts beyond the authorities of its distribution: these are counted, the
// others listed. They are found and no slots. Kind: "trust".
class TrustDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::vector<std::string> stores;       // files and folders that programs trust
        std::vector<std::string> distribution; // folders with its authorities
    };
    explicit TrustDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings, both optional lists: `stores`, `distribution`; by default Debian's.
Result<std::unique_ptr<DiscoverySource>> makeTrustDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
