#pragma once

#include "shared/service_config/config_files.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace perennial::fuzz {

inline std::string textOf(const std::uint8_t* data, std::size_t size)
{
    return {reinterpret_cast<const char*>(data), size};
}

// Nothing of the machine it runs on is read.
inline service_config::ConfigLimits noFiles()
{
    service_config::ConfigLimits limits;
    limits.files = 0;
    limits.entries = 0;
    return limits;
}

} // namespace perennial::fuzz
