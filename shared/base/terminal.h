#pragma once

#include <cstddef>
#include <string>

namespace perennial {

// What the reader of the output is. Nothing is cut or coloured for a file or a pipe.
struct Terminal {
    bool isTerminal = false;
    std::size_t width = 80; // columns; counts only on a terminal
    bool colours = false;
};

// `noColor` and `term`: the environment's NO_COLOR (https://no-color.org) and TERM, empty when
// unset.
Terminal inspectTerminal(int descriptor, const std::string& noColor, const std::string& term);

enum class Style { Plain, Good, Warning, Bad, Faint };
std::string coloured(const std::string& text, Style style, const Terminal& terminal);

// How many columns a printable text takes: its characters are counted, not its bytes.
std::size_t widthOf(const std::string& text);
// The text, or its beginning and an ellipsis so that it takes `width` columns.
std::string cutTo(const std::string& text, std::size_t width);

} // namespace perennial
