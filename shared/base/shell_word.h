#pragma once

#include <string>
#include <string_view>

namespace perennial {

// One word of a POSIX shell, in single quotes: for text that people or shells run, never for a
// program that we start.
std::string shellQuoted(std::string_view text);

} // namespace perennial
