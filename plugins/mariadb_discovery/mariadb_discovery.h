#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Finds the certificate of a MariaDB by its option files, and where it is shown. The files are
// read; no MariaDB is asked. Kind: "mariadb".
class MariadbDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::string config;              // my.cnf
        std::vector<std::string> groups; // that the server reads besides the usual ones
    };
    explicit MariadbDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings: `config`; `groups`, a list.
Result<std::unique_ptr<DiscoverySource>> makeMariadbDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
