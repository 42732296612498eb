#pragma once

#include "shared/base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::haproxy {

using Variables = std::map<std::string, std::string>;

// The words of one line as HAProxy 2.6 cuts it: quotes, backslashes, a comment after '#', and in
// double quotes "$NAME" and "${NAME-otherwise}". A variable that is not known stays as it is.
// InvalidInput when a quote is left open or the line is too long.
Result<std::vector<std::string>> wordsOf(std::string_view line, const Variables& variables);

} // namespace perennial::plugins::haproxy
