#pragma once

#include "shared/base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::apache {

struct Line {
    std::string text; // without the white space around it
    int number = 0;   // the last one, when several are one
};

// Cuts the text of one file into lines as Apache 2.4 does: a backslash before the line's end joins
// it to the next, comments too. Empty lines and comments are left out.
class ConfigLines {
public:
    static constexpr std::size_t lineLimit = 64U << 10U;

    explicit ConfigLines(std::string_view text) : text_(text) {}

    Result<std::optional<Line>> next(); // nothing at the end
    int number() const { return number_; }

private:
    std::string_view text_;
    std::size_t at_ = 0;
    int number_ = 0;
};

// The words of a line: quotes around them taken away, and the backslash before a backslash or
// before a quote inside quotes.
std::vector<std::string> wordsOf(const std::string& line);

using Variables = std::map<std::string, std::string>;
// "${NAME}" is what was defined; what was not stays as it is. Before the line is cut into words.
std::string withVariables(const std::string& line, const Variables& variables);

} // namespace perennial::plugins::apache
