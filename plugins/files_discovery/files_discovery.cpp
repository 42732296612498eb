#include "plugins/files_discovery/files_discovery.h"

#include "plugins/files_discovery/file_reading.h"
#include "plugins/files_discovery/scan_memory.h"
#include "plugins/files_discovery/sorting.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace perennial::plugins {

using namespace files;

Result<Discovery> FilesDiscovery::discover()
{
    const SystemClock clock;
    Discovery found;
    passwords_.read(found);
    auto memory = ScanMemory::fromText(std::exchange(memory_, {}), passwords_.state());
    FileReading reading(memory, passwords_, clock.now());
    FolderWalk walk(clock, limits_);
    walk.walkAll(folders_, reading, found);
    auto files = std::move(reading).files();
    std::sort(
        files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    sortOut(files, found);
    if (memory.changed()) newMemory_ = memory.toText(passwords_.state());
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeFilesDiscovery(const PluginSettings& settings)
{
    std::vector<std::string> folders;
    PasswordFiles passwords;
    for (const auto& [key, value] : settings) {
        if (key == "password_files") {
            auto read = PasswordFiles::fromLines(value);
            if (!read) return read.error();
            passwords = *std::move(read);
            continue;
        }
        if (key != "folders") return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        for (auto& line : linesOf(value)) {
            if (!line.starts_with('/'))
                return Error{ErrorKind::InvalidInput, "folders: must be absolute paths"};
            folders.push_back(std::move(line));
        }
    }
    if (folders.empty()) return Error{ErrorKind::InvalidInput, "folders: is missing"};
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<FilesDiscovery>(std::move(folders), WalkLimits{}, std::move(passwords));
    return source;
}

} // namespace perennial::plugins
