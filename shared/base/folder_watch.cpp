#include "shared/base/folder_watch.h"

#include "shared/base/system_error.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/inotify.h>

namespace perennial {

namespace {

constexpr std::uint32_t changes = IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                  IN_ONLYDIR;
// Whoever writes faster than this is read of leaves the rest for the next call.
constexpr int readsAtMost = 64;

} // namespace

Result<FolderWatch> FolderWatch::open()
{
    FileDescriptor queue(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!queue) return systemError("changes of files cannot be watched", errno);
    return FolderWatch(std::move(queue));
}

std::set<std::string> FolderWatch::watch(const std::set<std::string>& folders)
{
    std::set<std::string> refused;
    std::map<int, std::set<std::string>> watched;
    for (const auto& folder : folders) {
        const int watch = ::inotify_add_watch(queue_.get(), folder.c_str(), changes);
        if (watch < 0)
            refused.insert(folder);
        else
            watched[watch].insert(folder);
    }
    for (const auto& [watch, ignored] : folders_)
        if (!watched.contains(watch)) ::inotify_rm_watch(queue_.get(), watch);
    folders_ = std::move(watched);
    return refused;
}

std::set<std::string> FolderWatch::changed()
{
    std::set<std::string> changed;
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    for (int reads = 0; reads < readsAtMost; ++reads) {
        const auto size = ::read(queue_.get(), buffer.data(), buffer.size());
        if (size <= 0) break;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            at += sizeof event + event.len; // the name is not looked at
            if ((event.mask & IN_Q_OVERFLOW) != 0) {
                for (const auto& [watch, names] : folders_)
                    changed.insert(names.begin(), names.end());
                continue;
            }
            if ((event.mask & IN_IGNORED) != 0)
                continue; // the watch is gone, not the folder's peace
            if (const auto found = folders_.find(event.wd); found != folders_.end())
                changed.insert(found->second.begin(), found->second.end());
        }
    }
    return changed;
}

} // namespace perennial
