#pragma once

#include "shared/base/result.h"

#include <filesystem>
#include <string>

namespace perennial {

// A path is trusted when nobody but root and the process's own user can change where it leads:
// every folder above it is a real folder (no symbolic link), owned by one of the two, and not
// writable by its group or by others unless it is sticky (/tmp). PermissionDenied names the first
// one that is not.
Status checkFolders(const std::filesystem::path& path);

// The same for a path that may go through symbolic links, its last name too: root or the process's
// own user made each of them, and so every folder that they lead through. The file is not looked
// at.
Status checkWay(const std::filesystem::path& path);

// The folders, and the file itself: regular, owned by one of the two, not writable by others.
Status checkFile(const std::filesystem::path& path);

// Reads such a file; InvalidInput when it is over `limit` bytes.
Result<std::string> readTrustedFile(
    const std::filesystem::path& path, std::size_t limit = 1U << 20U);

// The same for a file that not even the process's own user may change: it and every folder above
// it must be root's.
Result<std::string> readRootFile(const std::filesystem::path& path, std::size_t limit = 1U << 20U);

// The file, and that it may be executed. Symbolic links are refused: name the program itself.
Status checkProgram(const std::filesystem::path& path);

// Absolute, without "." or "..", without control characters, and short enough.
Status checkSpelling(const std::filesystem::path& path);

} // namespace perennial
