#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Finds the certificates that the configuration of rsyslog names, and where it takes messages by
// TLS. The files are read; no rsyslog is asked. Kind: "rsyslog".
class RsyslogDiscovery final : public DiscoverySource {
public:
    explicit RsyslogDiscovery(std::string config) : config_(std::move(config)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    std::string config_; // rsyslog.conf
};

// Settings: `config`.
Result<std::unique_ptr<DiscoverySource>> makeRsyslogDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
