#pragma once

#include <cstdlib>
#include <string>

namespace perennial {

// A variable of this process's environment; empty when it is not set. Never for secrets.
inline std::string environmentOf(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

} // namespace perennial
