#include "plugins/files_discovery/key_pairing.h"

#include <algorithm>
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

void KeyPairing::addKey(const PairedFile& file, const std::string& pin)
{
    const auto [folder, base] = namesOf(file.path);
    const auto add = [&](const Names& names) {
        auto& same = keys_[names];
        const bool known = std::any_of(same.begin(), same.end(),
            [&](const PairedFile& other) { return other.readers == file.readers; });
        if (!known) same.push_back(file);
    };
    add({"", folder, base});
    if (pin.empty()) return;
    pinOf_.emplace(file.path, pin);
    add({pin, folder, base});
    add({pin, folder, ""});
    add({pin, "", base});
    add({pin, "", ""});
}

std::optional<std::string> KeyPairing::find(
    const Names& names, const PairedFile& certificate, bool sameFolder) const
{
    const auto found = keys_.find(names);
    if (found == keys_.end()) return std::nullopt;
    const bool letIn = sameFolder && !certificate.inOpenFolder;
    const auto key =
        std::find_if(found->second.begin(), found->second.end(), [&](const PairedFile& one) {
            return letIn || mayRead_(certificate.readers.owner, one.readers);
        });
    if (key == found->second.end()) return std::nullopt;
    return key->path;
}

std::optional<std::string> KeyPairing::matchingKey(
    const PairedFile& certificate, const std::string& pin) const
{
    const auto own = pinOf_.find(certificate.path);
    if (own != pinOf_.end() && own->second == pin) return certificate.path;
    const auto [folder, base] = namesOf(certificate.path);
    for (const auto& [place, name] : {std::pair(folder, base), std::pair(folder, std::string()),
             std::pair(std::string(), base), std::pair(std::string(), std::string())}) {
        if (auto found = find({pin, place, name}, certificate, !place.empty())) return found;
    }
    return std::nullopt;
}

std::optional<std::string> KeyPairing::keyFor(
    const PairedFile& certificate, const std::string& pin) const
{
    if (auto matching = matchingKey(certificate, pin)) return matching;
    const auto [folder, base] = namesOf(certificate.path);
    return find({"", folder, base}, certificate, true);
}

bool KeyPairing::hasKey(const std::string& pin) const
{
    return !pin.empty() && keys_.contains({pin, "", ""});
}

} // namespace perennial::plugins::files
