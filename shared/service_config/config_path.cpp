#include "shared/service_config/config_path.h"

#include "shared/base/file_traits.h"

#include <filesystem>
#include <string_view>

namespace perennial::service_config {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t pathLimit = 4096;
constexpr std::string_view noPart("\n\r\0", 3);

} // namespace

std::string findPathFault(const std::string& path)
{
    if (path.empty()) return "is empty";
    if (path.find('$') != std::string::npos) return "holds a variable";
    for (const std::string_view scheme : {"data:", "engine:", "store:", "pkcs11:"}) {
        if (path.starts_with(scheme)) return "is no file but " + std::string(scheme);
    }
    if (path.size() > pathLimit || path.find_first_of(noPart) != std::string::npos ||
        path.find("-----BEGIN") != std::string::npos)
        return "is no path";
    return {};
}

std::string fullPath(const std::string& path, const std::string& folder)
{
    const auto whole = fs::path(folder) / path;
    for (const auto& component : whole) {
        if (component != "..") continue;
        if (const auto parent = resolveLinks(whole.parent_path()))
            return (*parent / whole.filename()).string();
    }
    return whole.lexically_normal().string();
}

} // namespace perennial::service_config
