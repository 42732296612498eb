#pragma once

#include "shared/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::plugins::dovecot {

struct Statement {
    enum class Kind {
        Value,    // key = value
        File,     // key = <file: its content
        Variable, // key = something with $names in it
        Include,
        IncludeTry,
        Open, // key value {
        Close
    } kind;
    std::string key;
    std::string value;
    int line = 0; // the last one, when several are one
};

// Cuts the text of one file into statements as Dovecot 2.3 does: a backslash at a line's end joins
// it to the next one.
class ConfigLines {
public:
    explicit ConfigLines(std::string_view text) : text_(text) {}

    // Nothing at the end. InvalidInput for a line that Dovecot refuses; next() then goes on behind
    // it.
    Result<std::optional<Statement>> next();
    int number() const { return number_; }

private:
    std::string_view text_;
    std::size_t at_ = 0;
    int number_ = 0;
};

} // namespace perennial::plugins::dovecot
