#include "controller/enrollment/authentication/caller.h"

#include <algorithm>

namespace perennial::enrollment::server {

bool isCallerName(const std::string& name)
{
    constexpr std::size_t limit = 128;
    return !name.empty() && name.size() <= limit &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

} // namespace perennial::enrollment::server
