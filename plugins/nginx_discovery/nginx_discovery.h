#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Finds the certificates that nginx's configuration names, and where nginx shows them. The
// configuration is read; no nginx runs. Kind: "nginx". Settings: `config`, the file; `prefix`, the
// folder of nginx's -p, which `config` may then be relative to.
class NginxDiscovery final : public DiscoverySource {
public:
    explicit NginxDiscovery(std::string config) : config_(std::move(config)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    std::string config_;
};

Result<std::unique_ptr<DiscoverySource>> makeNginxDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
