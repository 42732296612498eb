#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::postfix {

struct Line {
    std::string text;
    int number = 0; // the first one, when several are one
};

// The lines of main.cf or master.cf as Postfix 3.7 joins them: what begins with white space goes on
// with the line before it; empty lines and comments between them count for nothing. InvalidInput
// when one is longer than 64 kB, or there are more than 50,000.
Result<std::vector<Line>> linesOf(std::string_view text);

} // namespace perennial::plugins::postfix
