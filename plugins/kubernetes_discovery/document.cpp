#include "plugins/kubernetes_discovery/document.h"

#include <string.h>

namespace perennial::plugins::kubernetes {

const yaml::Value* memberOf(const yaml::Value* mapping, const std::string& key)
{
    if (mapping == nullptr) return nullptr;
    for (const auto& entry : mapping->mapping) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

std::string textOf(const yaml::Value* mapping, const std::string& key)
{
    const auto* value = memberOf(mapping, key);
    return value == nullptr ? std::string() : value->scalar;
}

const std::vector<yaml::Value>& itemsOf(const yaml::Value* mapping, const std::string& key)
{
    static const std::vector<yaml::Value> none;
    const auto* value = memberOf(mapping, key);
    return value == nullptr ? none : value->sequence;
}

bool hasText(const yaml::Value* mapping, const std::string& key)
{
    const auto* value = memberOf(mapping, key);
    return value != nullptr && !value->scalar.empty();
}

void wipe(yaml::Value& value)
{
    ::explicit_bzero(value.scalar.data(), value.scalar.size());
    for (auto& item : value.sequence)
        wipe(item);
    for (auto& entry : value.mapping)
        wipe(entry.value);
}

} // namespace perennial::plugins::kubernetes
