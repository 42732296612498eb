#pragma once

#include "shared/audit/log_files.h"
#include "shared/audit/signed_note.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/file_system.h"

#include <filesystem>
#include <string>

namespace perennial::controller {

// Makes the key unless it is there, and reads it.
Result<audit::NoteSigner> makeLogKey(
    FileSystem& files, const std::filesystem::path& keyFile, const std::string& origin);
// The key must be the one that the log's folder names.
Result<audit::NoteSigner> readLogKey(
    const FileSystem& files, const std::filesystem::path& keyFile, const audit::LogFiles& log);

// Two writers would fork the log. Held as long as the descriptor is open; Conflict when another
// process holds it.
Result<FileDescriptor> lockLog(const std::filesystem::path& keyFile);

} // namespace perennial::controller
