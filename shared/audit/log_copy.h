#pragma once

#include "shared/base/file_system.h"

#include <filesystem>

namespace perennial::audit {

// Copies a log that may grow meanwhile, in the order in which the copy is a whole log too: notes,
// then leaves, then records. The target folder must be empty or missing.
Status copyLog(
    FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace perennial::audit
