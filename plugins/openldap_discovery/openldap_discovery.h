#pragma once

#include "plugins/openldap_discovery/listen_urls.h"
#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Finds the certificate of slapd by its configuration, and where slapd shows it by its command
// line. The files are read; no slapd is asked. Kind: "openldap".
class OpenldapDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::string config;            // the file slapd.conf, or the folder slapd.d
        std::vector<std::string> urls; // as after slapd's -h; empty: its command line has them
        std::string defaults = "/etc/default/slapd"; // has them where no slapd has been started
    };
    explicit OpenldapDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    openldap::ListenUrls listenUrls(const std::string& argsFile, Discovery& found) const;

    PosixFileSystem files_;
    Settings settings_;
};

// Settings: `config`; `urls`; `defaults`.
Result<std::unique_ptr<DiscoverySource>> makeOpenldapDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
