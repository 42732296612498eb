#pragma once

#include "shared/plugin_api/discovery_source.h"
#include "shared/yaml/strict_yaml.h"

#include <string>

namespace perennial::plugins::kubernetes {

// Adds the pairs that the command line of a static pod names (kube-apiserver, etcd,
// kube-controller-manager, kube-scheduler), as files of the host, and where they are shown.
// Documents of other kinds are passed over.
void addStaticPod(const yaml::Value& pod, const std::string& file, Discovery& found);

} // namespace perennial::plugins::kubernetes
