#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace perennial {

inline constexpr std::string_view temporaryPrefix = ".new-";
inline constexpr std::string_view temporarySuffix = ".tmp";

// A name in an opened folder. What happens to the path afterwards cannot lead the work elsewhere.
struct FilePlace {
    FileDescriptor folder;
    std::string name;
    std::filesystem::path path; // for messages

    Error error(std::string_view what, int code) const;
    Status syncFolder() const;
};

// Opens the folder that holds the path's last component. Unless links are followed, a symbolic link
// anywhere in the folder's path is refused (openat2 with RESOLVE_NO_SYMLINKS; name by name where a
// sandbox has no openat2).
Result<FilePlace> placeOf(const std::filesystem::path& path, bool followLinks);

// Opens a regular file, never through a link, never a device; `flags` as of open(2).
Result<FileDescriptor> openRegular(const FilePlace& place, int flags);
// The same for reading, with no link in any component of the path.
Result<FileDescriptor> openToRead(const std::filesystem::path& path);
// A file in memory with this content, without a name and never to be changed: to be lent.
Result<FileDescriptor> openInMemory(std::string_view content);

} // namespace perennial
