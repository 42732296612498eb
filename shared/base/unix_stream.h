#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"

#include <filesystem>
#include <string>

namespace perennial {

// Connects to a SOCK_STREAM socket, sends nothing and reads until the other side closes: how a
// program that systemd starts for one connection hands over its output. Unavailable: nobody there,
// too slow, over the limit.
Result<std::string> readStream(
    const std::filesystem::path& path, Duration timeout, std::size_t limit);

} // namespace perennial
