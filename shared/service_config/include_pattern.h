#pragma once

#include "shared/base/result.h"

#include <string>
#include <vector>

namespace perennial::service_config {

bool isPattern(const std::string& path); // holds '*', '?' or '['

// The existing paths that an absolute pattern stands for, a leading dot only by name. Sorted folder
// by folder: what is in "a" comes before what is in "a-b". At most `entriesLeft` folder entries are
// looked at; it counts down. InvalidInput when it is used up, or when a pattern would be too
// costly.
Result<std::vector<std::string>> expandPattern(
    const std::string& pattern, std::size_t& entriesLeft);

} // namespace perennial::service_config
