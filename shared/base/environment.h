#pragma once

#include "shared/base/result.h"

#include <cstdlib>
#include <string>
#include <utility>

namespace perennial {

// A variable of this process's environment; empty when it is not set. Never for secrets.
inline std::string environmentOf(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// "NAME=value" of a configuration, for the environment of foreign code. InvalidInput: a name that
// is not in capitals, or one of the dynamic linker's (LD_...).
Result<std::pair<std::string, std::string>> variableFrom(const std::string& line);

} // namespace perennial
