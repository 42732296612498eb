#pragma once

#include "plugins/files_discovery/folder_walk.h"
#include "plugins/files_discovery/password_files.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Finds certificates in folders by what files hold, whatever their names: PEM, DER, PKCS#7,
// PKCS#12, JKS, JCEKS and databases of NSS. A certificate in PEM or in such a database with its key
// is a place, every other one is found.
// Kind: "files". Settings: `folders` and `password_files`, lists.
class FilesDiscovery final : public DiscoverySource {
public:
    explicit FilesDiscovery(std::vector<std::string> folders, files::WalkLimits limits = {},
        files::PasswordFiles passwords = {})
        : folders_(std::move(folders)), limits_(limits), passwords_(std::move(passwords))
    {
    }

    Result<Discovery> discover() override;
    // Which files held what, by inode, size and times: they are not opened again.
    void recall(std::string memory) override { memory_ = std::move(memory); }
    std::optional<std::string> memory() override { return std::exchange(newMemory_, {}); }

private:
    std::vector<std::string> folders_;
    files::WalkLimits limits_;
    files::PasswordFiles passwords_;
    std::string memory_;
    std::optional<std::string> newMemory_;
};

Result<std::unique_ptr<DiscoverySource>> makeFilesDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
