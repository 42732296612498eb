#include "plugins/files_discovery/key_pairing.h"

#include <filesystem>
#include <utility>

namespace perennial::plugins::files {

namespace {

struct Parts {
    std::string folder;
    std::string base; // without the last extension
};

Parts namesOf(const std::string& path)
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

std::optional<std::string> KeyPairing::find(const Names& names) const
{
    const auto found = keys_.find(names);
    if (found == keys_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::string> KeyPairing::matchingKey(
    const std::string& certificatePath, const std::string& pin) const
{
    const auto own = pinOf_.find(certificatePath);
    if (own != pinOf_.end() && own->second == pin) return certificatePath;
    const auto [folder, base] = namesOf(certificatePath);
    for (const auto& [place, name] : {std::pair(folder, base), std::pair(folder, std::string()),
             std::pair(std::string(), base), std::pair(std::string(), std::string())}) {
        if (auto found = find({pin, place, name})) return found;
    }
    return std::nullopt;
}

std::optional<std::string> KeyPairing::keyFor(
    const std::string& certificatePath, const std::string& pin) const
{
    if (auto matching = matchingKey(certificatePath, pin)) return matching;
    const auto [folder, base] = namesOf(certificatePath);
    return find({"", folder, base});
}

} // namespace perennial::plugins::files
