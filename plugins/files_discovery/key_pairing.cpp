#include "plugins/files_discovery/key_pairing.h"

#include <array>
#include <filesystem>

namespace perennial::plugins::files {

namespace {

struct Names {
    std::string folder;
    std::string base; // without the last extension
};

Names namesOf(const std::string& path)
{
    const std::filesystem::path whole(path);
    return {whole.parent_path().string(), whole.stem().string()};
}

} // namespace

void KeyPairing::addKey(const std::string& path, const std::string& pin)
{
    const auto [folder, base] = namesOf(path);
    keys_.emplace(std::tuple("", folder, base), path);
    if (pin.empty()) return;
    pinOf_.emplace(path, pin);
    keys_.emplace(std::tuple(pin, folder, base), path);
    keys_.emplace(std::tuple(pin, folder, ""), path);
    keys_.emplace(std::tuple(pin, "", base), path);
    keys_.emplace(std::tuple(pin, "", ""), path);
}

std::optional<std::string> KeyPairing::keyFor(
    const std::string& certificatePath, const std::string& pin) const
{
    const auto own = pinOf_.find(certificatePath);
    if (own != pinOf_.end() && own->second == pin) return certificatePath;
    const auto [folder, base] = namesOf(certificatePath);
    const std::array places = {std::tuple(pin, folder, base),
        std::tuple(pin, folder, std::string()), std::tuple(pin, std::string(), base),
        std::tuple(pin, std::string(), std::string()), std::tuple(std::string(), folder, base)};
    for (const auto& place : places) {
        if (const auto found = keys_.find(place); found != keys_.end()) return found->second;
    }
    return std::nullopt;
}

} // namespace perennial::plugins::files
