#pragma once

#include "shared/base/result.h"

#include <sqlite3.h>
#include <string>
#include <string_view>

namespace perennial::sql {

// What the connection's last call failed with, as kind and text; `doing` is the statement or the
// step.
Error errorFrom(sqlite3* handle, const std::string& file, std::string_view doing);

std::string shownStatement(std::string_view sql); // on one line, cut

Error errorFromErrno(int number, const std::string& file, std::string_view doing);

} // namespace perennial::sql
