#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/base/result.h"

#include <filesystem>

namespace perennial {

enum class LockKind { Shared, Exclusive };

// Waits until the lock (flock) is free; held until the descriptor goes. Makes the file, mode 0600.
Result<FileDescriptor> lockFile(const std::filesystem::path& path, LockKind kind);
// Does not wait: Conflict when somebody holds it. Exclusive.
Result<FileDescriptor> tryLockFile(const std::filesystem::path& path);

} // namespace perennial
