#pragma once

#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// One PKCS#12 file that the administrator named, with the file that holds its password. Kind:
// "key_store". Settings: `file`, `password_file`, and `service`, the name of who uses it.
class KeyStoreDiscovery final : public DiscoverySource {
public:
    KeyStoreDiscovery(std::string file, std::string passwordFile, std::string service)
        : file_(std::move(file)), passwordFile_(std::move(passwordFile)),
          service_(std::move(service))
    {
    }

    Result<Discovery> discover() override;

private:
    std::string file_;
    std::string passwordFile_;
    std::string service_;
};

Result<std::unique_ptr<DiscoverySource>> makeKeyStoreDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
