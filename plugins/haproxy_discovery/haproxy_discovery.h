#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::plugins {

// Finds the certificates that HAProxy's configuration names, and where HAProxy shows them. The
// configuration and the certificates are read; no HAProxy runs. Kind: "haproxy".
class HaproxyDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::vector<std::string> config; // files, or folders of *.cfg files
        std::string folder;              // where HAProxy is started; may be empty
        std::map<std::string, std::string> variables;
    };
    explicit HaproxyDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings: `config`, a list; `folder`; `variables`, a list of "NAME=value".
Result<std::unique_ptr<DiscoverySource>> makeHaproxyDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
