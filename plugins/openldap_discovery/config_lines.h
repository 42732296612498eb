#pragma once

#include "shared/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::openldap {

struct Directive {
    std::vector<std::string> words; // at least one; the first in lower case
    int line = 0;                   // where it begins
};

// Cuts the text of slapd.conf as slapd 2.5 does: a line that begins with white space belongs to the
// one before it, and so does the one behind a line that ends with one backslash; '#' begins a
// comment only where a line begins; quotes and backslashes keep white space.
class ConfigLines {
public:
    explicit ConfigLines(std::string_view text) : text_(text) {}

    // Nothing at the end. InvalidInput for a line that slapd refuses; next() then goes on behind
    // it.
    Result<std::optional<Directive>> next();
    int line() const { return line_; } // where what next() spoke of begins

private:
    std::string_view nextPhysical() const;
    void leavePhysical();
    std::string takeLogical();

    std::string_view text_;
    std::size_t at_ = 0;
    int number_ = 0; // of the physical lines taken
    int line_ = 0;
};

} // namespace perennial::plugins::openldap
