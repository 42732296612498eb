#pragma once

#include "shared/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::plugins::postgresql {

struct Setting {
    std::string name; // in lower case
    std::string value;
};

// One line of postgresql.conf as PostgreSQL 15 reads it: "name = value", "name value", a comment
// after
// '#'. Nothing for a line that says nothing. InvalidInput for one that PostgreSQL refuses.
Result<std::optional<Setting>> settingOf(std::string_view line);

// "on", "t", "YES", "1" ...: what PostgreSQL takes for a boolean.
std::optional<bool> booleanOf(const std::string& value);

} // namespace perennial::plugins::postgresql
