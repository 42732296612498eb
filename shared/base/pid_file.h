#pragma once

#include "shared/base/result.h"

#include <filesystem>

namespace perennial {

// Signals the process that a pid file names. The file must be one that only root and the process's
// own user can write, and hold nothing but the number. NotFound: no file, or no such process: the
// service is down.
Status signalProcessOf(const std::filesystem::path& pidFile, int signal);

} // namespace perennial
