#include "plugins/files_discovery/files_discovery.h"

#include "plugins/files_discovery/key_pairing.h"
#include "plugins/files_discovery/pem_file.h"

#include <memory>
#include <utility>

namespace perennial::plugins {

using namespace files;

namespace {

constexpr std::size_t mostFiles = 20'000; // with a certificate

// Certificates and keys of all folders, before they are paired.
struct Collected {
    std::vector<std::pair<std::string, std::string>> certificates; // path and pin
    KeyPairing keys;
    std::size_t tooMany = 0;
};

void collect(
    const FileSystem& files, const std::string& path, Collected& collected, Discovery& found)
{
    auto text = files.read(path, WalkLimits{}.fileBytes);
    if (!text) return found.skip(text.error().message);
    const auto file = lookInto(Secret(*std::move(text)));
    if (!file.fault.empty()) found.skip(path + ": " + file.fault);
    if (file.hasKey) collected.keys.addKey(path, file.keyPin);
    if (file.certificatePin.empty()) return;
    if (collected.certificates.size() < mostFiles)
        collected.certificates.emplace_back(path, file.certificatePin);
    else
        ++collected.tooMany;
}

} // namespace

Result<Discovery> FilesDiscovery::discover()
{
    const PosixFileSystem files(PosixFileSystem::Links::Refuse);
    const SystemClock clock;
    Discovery found;
    Collected collected;
    FolderWalk walk(files, clock, limits_);
    for (const auto& folder : folders_)
        walk.walk(
            folder, [&](const auto& path) { collect(files, path.string(), collected, found); },
            found);
    for (const auto& [path, pin] : collected.certificates) {
        if (const auto key = collected.keys.keyFor(path, pin))
            found.places.push_back({{"pem", path, *key}, "", {}});
        else
            found.skip(path + ": no key was found for it");
    }
    if (collected.tooMany > 0)
        found.skip(std::to_string(collected.tooMany) + " more files with certificates");
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeFilesDiscovery(const PluginSettings& settings)
{
    std::vector<std::string> folders;
    for (const auto& [key, value] : settings) {
        if (key != "folders") return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        for (auto& line : linesOf(value)) {
            if (!line.starts_with('/'))
                return Error{ErrorKind::InvalidInput, "folders: must be absolute paths"};
            folders.push_back(std::move(line));
        }
    }
    if (folders.empty()) return Error{ErrorKind::InvalidInput, "folders: is missing"};
    std::unique_ptr<DiscoverySource> source = std::make_unique<FilesDiscovery>(std::move(folders));
    return source;
}

} // namespace perennial::plugins
