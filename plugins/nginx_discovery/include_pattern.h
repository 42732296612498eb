#pragma once

#include "shared/base/result.h"

#include <string>
#include <vector>

namespace perennial::plugins::nginx {

bool isPattern(const std::string& path); // holds '*', '?' or '['

// The existing paths that an absolute pattern stands for, as glob(3) gives them to nginx: sorted, a
// leading dot only by name. At most `entriesLeft` folder entries are looked at; it counts down.
// InvalidInput when it is used up, or when a pattern would be too costly.
Result<std::vector<std::string>> expandPattern(
    const std::string& pattern, std::size_t& entriesLeft);

} // namespace perennial::plugins::nginx
