#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Finds the certificates that main.cf and master.cf name, and where Postfix shows them. Both files
// are read; no Postfix is asked. Kind: "postfix".
class PostfixDiscovery final : public DiscoverySource {
public:
    explicit PostfixDiscovery(std::string folder) : folder_(std::move(folder)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    std::string folder_;
};

// Settings: `config`, the folder of both files.
Result<std::unique_ptr<DiscoverySource>> makePostfixDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
