#pragma once

#include "shared/yaml/strict_yaml.h"

#include <string>
#include <vector>

namespace perennial::plugins::kubernetes {

// Steps through a document whose other members are nobody's business here. Whatever is missing, or
// of another kind, is nothing: a value has what its kind has and no more.
const yaml::Value* memberOf(const yaml::Value* mapping, const std::string& key);
std::string textOf(const yaml::Value* mapping, const std::string& key);
const std::vector<yaml::Value>& itemsOf(const yaml::Value* mapping, const std::string& key);

} // namespace perennial::plugins::kubernetes
