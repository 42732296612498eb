#pragma once

#include "shared/base/result.h"

#include <string_view>

namespace perennial::plugins::nginx {

// OpenResty's blocks hold Lua: braces in its strings and comments close nothing. `text` begins
// behind the '{'; the answer is how many bytes the block has with its '}'.
Result<std::size_t> luaBlockSize(std::string_view text);

} // namespace perennial::plugins::nginx
