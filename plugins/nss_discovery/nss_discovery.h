#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Databases of NSS (cert9.db, key4.db) in folders that the administrator named. A certificate with
// its key there is a place, whose path is the folder and the nickname; every other one is found. No
// password is needed, and no program is run. Kind: "nss". Settings: `folders`, a list, and
// `service`, the name of who uses them.
class NssDiscovery final : public DiscoverySource {
public:
    NssDiscovery(std::vector<std::string> folders, std::string service)
        : folders_(std::move(folders)), service_(std::move(service))
    {
    }

    Result<Discovery> discover() override;

private:
    Status readFolder(const std::string& folder, Discovery& found) const;

    PosixFileSystem files_;
    std::vector<std::string> folders_;
    std::string service_;
};

Result<std::unique_ptr<DiscoverySource>> makeNssDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
