#include "shared/service_config/include_pattern.h"

#include <algorithm>
#include <filesystem>
#include <fnmatch.h>

namespace perennial::service_config {

namespace fs = std::filesystem;

namespace {

constexpr std::ptrdiff_t mostStars = 4; // in one name: more makes matching slow

std::vector<std::string> componentsOf(const std::string& path)
{
    std::vector<std::string> components;
    for (const auto& component : fs::path(path).relative_path()) {
        if (!component.empty()) components.push_back(component.string());
    }
    return components;
}

std::string below(const std::string& folder, const std::string& name)
{
    std::string path = folder;
    if (!path.ends_with('/')) path += '/';
    return path.append(name);
}

// Appends what matches in one folder; what cannot be listed holds nothing, as for glob(3).
Status addMatches(const std::string& folder, const std::string& pattern, std::size_t& entriesLeft,
    std::vector<std::string>& matches)
{
    std::error_code problem;
    const auto first = static_cast<std::ptrdiff_t>(matches.size());
    for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::end(entry);
         entry.increment(problem)) {
        if (entriesLeft == 0)
            return Error{ErrorKind::InvalidInput, "its folders hold too many entries"};
        --entriesLeft;
        const auto name = entry->path().filename().string();
        if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0)
            matches.push_back(below(folder, name));
    }
    std::sort(matches.begin() + first, matches.end());
    return {};
}

} // namespace

bool isPattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

Result<std::vector<std::string>> expandPattern(const std::string& pattern, std::size_t& entriesLeft)
{
    std::vector<std::string> found = {"/"};
    for (const auto& component : componentsOf(pattern)) {
        std::vector<std::string> next;
        if (std::count(component.begin(), component.end(), '*') > mostStars)
            return Error{ErrorKind::InvalidInput, "a pattern with more than four stars in a name"};
        for (const auto& folder : found) {
            if (isPattern(component)) {
                if (auto status = addMatches(folder, component, entriesLeft, next); !status)
                    return status.error();
                continue;
            }
            auto path = below(folder, component);
            std::error_code problem;
            if (fs::exists(path, problem) && !problem) next.push_back(std::move(path));
        }
        found = std::move(next);
    }
    return found;
}

} // namespace perennial::service_config
