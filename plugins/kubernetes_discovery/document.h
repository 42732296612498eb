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
// Whether it says something; its text, perhaps a key, is not copied.
bool hasText(const yaml::Value* mapping, const std::string& key);

// Overwrites all texts in it: keys and tokens among them. What the YAML library copied while it
// parsed them is not in reach.
void wipe(yaml::Value& value);

} // namespace perennial::plugins::kubernetes
