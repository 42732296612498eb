#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/base/result.h"

#include <map>
#include <set>
#include <string>

namespace perennial {

// Tells in which folders names, contents or attributes changed (inotify). Not what was read.
class FolderWatch {
public:
    // An Error where the kernel gives no more of these to this user.
    static Result<FolderWatch> open();

    // From now on these folders and no others. The answer: those that cannot be watched, because
    // they are not there, this user may not read them, or the kernel gives no more watches.
    std::set<std::string> watch(const std::set<std::string>& folders);

    // The folders in which something changed since the last call; all of them when the kernel had
    // too many changes to tell. Does not wait.
    std::set<std::string> changed();

private:
    explicit FolderWatch(FileDescriptor queue) : queue_(std::move(queue)) {}

    FileDescriptor queue_;
    std::map<int, std::set<std::string>> folders_; // several names of one folder share a watch
};

} // namespace perennial
