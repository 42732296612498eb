#pragma once

#include "shared/base/file_system.h"

#include <filesystem>

namespace perennial {

// What keeps a file from being replaced although modes and space allow it: chattr +i or +a. False
// where the file system knows no such thing.
Result<bool> isImmutable(const std::filesystem::path& file);

// NFS, SMB, FUSE: what a crash leaves of a rename there is up to somebody else.
bool isOnNetwork(const std::filesystem::path& path);

// Where a path leads in the end, with every symbolic link followed. Absolute.
Result<std::filesystem::path> resolveLinks(const std::filesystem::path& path);

// Whether so much can be written there now: written, synced, and taken away again.
Status tryWriting(FileSystem& files, const std::filesystem::path& file, std::size_t size,
    const FileAttributes& attributes = {});

} // namespace perennial
