#pragma once

#include "shared/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::plugins::mariadb {

// One line of an option file as MariaDB 10.11 reads it.
struct OptionLine {
    enum class Kind { Nothing, Group, Include, IncludeFolder, Option };
    Kind kind = Kind::Nothing;
    std::string name;                 // of the group or the option; the path of an include
    std::optional<std::string> value; // of an option that has a "="
};
// InvalidInput for a line that MariaDB refuses, and with it the rest of its file.
Result<OptionLine> lineFrom(std::string_view line);

// What MariaDB takes an option's name for: in lower case, with '-' for '_', without "loose-", and
// in full where a shorter beginning is as good.
std::string fullName(std::string name);

// What one of the switches `ssl`, `skip-networking` and `skip-name-resolve` is set to, by an option
// of its name, or of its name behind "skip-", "disable-" or "enable-". Nothing for other options.
struct Switch {
    std::string_view name;
    bool on = false;
};
std::optional<Switch> switchFrom(
    const std::string& fullName, const std::optional<std::string>& value);

} // namespace perennial::plugins::mariadb
