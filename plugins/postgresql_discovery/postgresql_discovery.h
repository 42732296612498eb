#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Finds the certificate of each PostgreSQL cluster by its configuration, and where it is shown. The
// files are read; no PostgreSQL is asked. Kind: "postgresql".
class PostgresqlDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::string config;     // postgresql.conf, or a pattern for those of several clusters
        std::string dataFolder; // where no data_directory is set; empty: the configuration's folder
    };
    explicit PostgresqlDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings: `config`; `data_directory`.
Result<std::unique_ptr<DiscoverySource>> makePostgresqlDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
