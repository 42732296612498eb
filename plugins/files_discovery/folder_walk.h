#pragma once

#include "shared/base/clock.h"
#include "shared/base/file_system.h"
#include "shared/plugin_api/discovery_source.h"

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace perennial::plugins::files {

struct WalkLimits {
    std::size_t entries = 1'000'000;    // of all folders together
    std::size_t folderEntries = 50'000; // of one: a large one must not cost the others their turn
    std::size_t depth = 20;
    std::size_t fileBytes = 95'000; // what the installer can put back
    std::uint64_t allBytes = 256U << 20U;
    Duration time{120};
};

// Goes through folders and gives every small regular file to `visit`, in byte order of the names.
// Links are not followed, no folder is entered twice, and of what is passed over the number is
// told.
class FolderWalk {
public:
    using Visit = std::function<void(const std::filesystem::path&)>;

    FolderWalk(const FileSystem& files, const Clock& clock, WalkLimits limits = {})
        : files_(files), clock_(clock), limits_(limits), end_(clock.monotonic() + limits.time)
    {
    }

    void walk(const std::filesystem::path& folder, const Visit& visit, Discovery& found);

private:
    struct Passed {
        std::size_t links = 0;
        std::size_t large = 0;
        std::size_t special = 0; // FIFOs, devices, sockets
        std::size_t deep = 0;
        std::size_t unreadable = 0;
        std::size_t crowded = 0; // folders with too many entries
        bool stopped = false;
    };
    void enter(
        const std::filesystem::path& folder, std::size_t depth, const Visit& visit, Passed& passed);
    void look(
        const std::filesystem::path& path, std::size_t depth, const Visit& visit, Passed& passed);
    bool mayGoOn();

    const FileSystem& files_;
    const Clock& clock_;
    WalkLimits limits_;
    std::chrono::milliseconds end_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> entered_; // device and inode
};

} // namespace perennial::plugins::files
