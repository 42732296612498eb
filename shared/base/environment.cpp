#include "shared/base/environment.h"

namespace perennial {

Result<std::pair<std::string, std::string>> variableFrom(const std::string& line)
{
    const auto equals = line.find('=');
    const auto name = line.substr(0, equals);
    if (equals == std::string::npos || name.empty() || name.starts_with("LD_") ||
        name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos ||
        line.find('\0') != std::string::npos)
        return Error{ErrorKind::InvalidInput,
            "\"NAME=value\", the name in capitals and not of the linker (LD_...)"};
    return std::pair(name, line.substr(equals + 1));
}

} // namespace perennial
