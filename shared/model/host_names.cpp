#include "shared/model/host_names.h"

#include <algorithm>

namespace perennial::model {

namespace {

std::string lowerCase(std::string text)
{
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

} // namespace

bool isHostName(std::string_view name)
{
    if (name.empty() || name.size() > 253) return false;
    while (true) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
            return false;
        if (!std::all_of(label.begin(), label.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
            }))
            return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

bool nameMatches(const std::string& pattern, const std::string& name)
{
    const std::string wanted = lowerCase(pattern);
    const std::string given = lowerCase(name);
    if (!wanted.starts_with("*.")) return wanted == given;
    const auto dot = given.find('.');
    if (dot == std::string::npos || given.substr(dot) != wanted.substr(1)) return false;
    // What stands for the star is a label or a star: no "uri:web1", no "a@web1".
    const std::string label = given.substr(0, dot);
    return label == "*" || isHostName(label);
}

} // namespace perennial::model
