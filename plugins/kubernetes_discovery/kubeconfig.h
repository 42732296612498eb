#pragma once

#include "shared/plugin_api/discovery_source.h"
#include "shared/yaml/strict_yaml.h"

#include <string>

namespace perennial::plugins::kubernetes {

// Adds what a kubeconfig (kind Config, version v1) holds: users' pairs that are files are places;
// users' certificates and clusters' authorities that stand in it are found, and no slots, because
// nothing here writes a kubeconfig. Of their keys nothing is decoded.
void addKubeconfig(const yaml::Value& config, const std::string& file, Discovery& found);

// Overwrites the words of keys, tokens and passwords with zeros of the same number, so that no copy
// of them is made when the text is parsed: in the line of their name, as kubectl writes them, in
// quotes, and in the lines of their own that follow. What is shorter than six letters stays.
void hideKeys(std::string& text);

} // namespace perennial::plugins::kubernetes
