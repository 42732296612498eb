#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::plugins {

// Finds the certificates that kubeconfigs hold or name, and those of the static pods of a control
// plane, with where they are shown. The files are read; nobody of the cluster is asked. Kind:
// "kubernetes".
class KubernetesDiscovery final : public DiscoverySource {
public:
    struct Settings {
        std::vector<std::string> kubeconfigs; // files or patterns
        std::vector<std::string> manifests;   // the same, of static pods
    };
    explicit KubernetesDiscovery(Settings settings) : settings_(std::move(settings)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    Settings settings_;
};

// Settings: `kubeconfigs`, `manifests`, lists.
Result<std::unique_ptr<DiscoverySource>> makeKubernetesDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
