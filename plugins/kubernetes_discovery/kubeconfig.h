#pragma once

#include "shared/plugin_api/discovery_source.h"
#include "shared/yaml/strict_yaml.h"

#include <string>

namespace perennial::plugins::kubernetes {

// Adds what a kubeconfig (kind Config, version v1) holds: users' pairs that are files are places;
// users' certificates and clusters' authorities that stand in it are found, and no slots, because
// nothing here writes a kubeconfig. Of their keys nothing is decoded.
void addKubeconfig(const yaml::Value& config, const std::string& file, Discovery& found);

} // namespace perennial::plugins::kubernetes
