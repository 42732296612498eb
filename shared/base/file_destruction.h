#pragma once

#include "shared/base/file_system.h"

namespace perennial {

// For files with secrets: overwrites the content where it stands, then removes the name. The
// content stays when the file has another name too, as that one may be in use. What is not there
// counts as done. On disks that write elsewhere what is overwritten (flash, copy on write) the old
// blocks may live on.
Status destroyFile(FileSystem& files, const std::filesystem::path& path);

// The same for what crashes in the middle of replace() left in the folder. Nobody may be writing
// there.
Status destroyTemporaries(FileSystem& files, const std::filesystem::path& folder);

} // namespace perennial
