#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Finds the certificates that Dovecot's configuration names, and where Dovecot shows them. The
// files are read; no Dovecot is asked. Kind: "dovecot".
class DovecotDiscovery final : public DiscoverySource {
public:
    explicit DovecotDiscovery(std::string config) : config_(std::move(config)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    std::string config_;
};

// Settings: `config`, the first file.
Result<std::unique_ptr<DiscoverySource>> makeDovecotDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
