#pragma once

#include "plugins/files_discovery/folder_walk.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Finds PEM certificates in folders, each with the key file that belongs to it. Kind: "files".
// Settings: `folders`, a list.
class FilesDiscovery final : public DiscoverySource {
public:
    explicit FilesDiscovery(std::vector<std::string> folders, files::WalkLimits limits = {})
        : folders_(std::move(folders)), limits_(limits)
    {
    }

    Result<Discovery> discover() override;

private:
    std::vector<std::string> folders_;
    files::WalkLimits limits_;
};

Result<std::unique_ptr<DiscoverySource>> makeFilesDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
