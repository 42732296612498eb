#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::redis {

// The words of one line of redis.conf as Redis 7.0 cuts them: double quotes with C's escapes,
// single quotes with \' alone. Empty for a line that says nothing. InvalidInput for one that Redis
// refuses.
Result<std::vector<std::string>> wordsOf(std::string_view line);

} // namespace perennial::plugins::redis
