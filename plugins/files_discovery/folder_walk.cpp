#include "plugins/files_discovery/folder_walk.h"

#include "shared/base/file_traits.h"

#include <algorithm>
#include <vector>

namespace perennial::plugins::files {

namespace fs = std::filesystem;

namespace {

void tell(Discovery& found, const fs::path& folder, std::size_t count, const char* what)
{
    if (count > 0) found.skip(folder.string() + ": " + std::to_string(count) + " " + what);
}

// What an installer has under way, or keeps until a renewal is finished.
bool isOfInstaller(const std::string& name)
{
    return name.starts_with(".perennial-") || isTemporaryName(name);
}

} // namespace

bool FolderWalk::mayGoOn()
{
    return limits_.entries > 0 && limits_.allBytes > 0 && clock_.monotonic() < end_;
}

void FolderWalk::look(const fs::path& path, std::size_t depth, const Visit& visit, Passed& passed)
{
    const auto facts = files_.inspect(path);
    if (!facts) {
        ++passed.unreadable;
        return;
    }
    switch (facts->type) {
    case FileFacts::Type::Link: ++passed.links; return;
    case FileFacts::Type::Other: ++passed.special; return;
    case FileFacts::Type::Folder:
        if (depth >= limits_.depth)
            ++passed.deep;
        else if (entered_.insert({facts->device, facts->inode}).second)
            enter(path, depth + 1, visit, passed);
        return;
    case FileFacts::Type::Regular:
        if (facts->size > limits_.fileBytes) {
            ++passed.large;
        } else if (facts->size > 0) {
            limits_.allBytes -= std::min<std::uint64_t>(limits_.allBytes, facts->size);
            visit(path);
        }
    }
}

void FolderWalk::enter(
    const fs::path& folder, std::size_t depth, const Visit& visit, Passed& passed)
{
    // Not FileSystem::list(): a folder of a million names must not be held in memory first.
    std::vector<std::string> names;
    std::size_t seen = 0;
    std::error_code problem;
    fs::directory_iterator entry(folder, problem);
    if (problem) ++passed.unreadable;
    for (; !problem && entry != fs::end(entry); entry.increment(problem)) {
        if (!mayGoOn()) {
            passed.stopped = true;
            break;
        }
        --limits_.entries;
        if (++seen > limits_.folderEntries) {
            ++passed.crowded;
            break;
        }
        auto name = entry->path().filename().string();
        if (!isOfInstaller(name)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
        if (limits_.allBytes == 0 || clock_.monotonic() >= end_) {
            passed.stopped = true;
            return;
        }
        look(folder / name, depth, visit, passed);
    }
}

void FolderWalk::walk(const fs::path& folder, const Visit& visit, Discovery& found)
{
    // The folder itself was named by the administrator: it may be a link.
    const auto resolved = resolveLinks(folder);
    if (!resolved) return found.skip(resolved.error().message);
    const auto facts = files_.inspect(*resolved);
    if (!facts) return found.skip(facts.error().message);
    if (facts->type != FileFacts::Type::Folder)
        return found.skip(folder.string() + ": is no folder");
    Passed passed;
    if (!entered_.insert({facts->device, facts->inode}).second) return;
    enter(*resolved, 1, visit, passed);
    tell(found, folder, passed.links, "symbolic links were not followed");
    tell(found, folder, passed.large, "files over 95000 bytes were not read");
    tell(found, folder, passed.special, "FIFOs, sockets and devices were not opened");
    tell(found, folder, passed.deep, "folders are nested too deep");
    tell(found, folder, passed.unreadable, "files or folders could not be read");
    tell(found, folder, passed.crowded, "folders were read only in part: too many entries");
    if (passed.stopped)
        found.skip(folder.string() + ": not read to the end: too many files, bytes or seconds");
}

} // namespace perennial::plugins::files
