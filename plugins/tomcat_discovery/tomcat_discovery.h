#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Finds the certificates that Tomcat's server.xml names, PEM files and PKCS#12 key stores, and
// where Tomcat shows them. The file is read; no Tomcat is asked. Kind: "tomcat".
class TomcatDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::string config;       // server.xml
        std::string base;         // CATALINA_BASE; empty: the folder above that of `config`
        std::string passwordFile; // of key stores whose password stands in server.xml
    };
    explicit TomcatDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings: `config`; `base`; `password_file`.
Result<std::unique_ptr<DiscoverySource>> makeTomcatDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
