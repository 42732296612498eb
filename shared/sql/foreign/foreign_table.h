#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::sql {

struct ForeignLimits {
    std::size_t rows = 20'000;
    int valueBytes = 128 << 10;
    int steps = 20'000'000; // of SQLite's machine: a second or two
};

// Columns of every row of one table in a SQLite file that others wrote. `file` is its whole
// content: no file is opened, no lock taken, no journal played back, nothing written. The schema
// must be plain tables and indexes: a view, a trigger, a virtual table or an expression in it is
// refused, as SQLite would run it. NULL and numbers come as "". Table and columns are our words,
// never the file's. NotFound: no such table; InvalidInput: no SQLite file, damaged, or over a
// limit.
Result<std::vector<std::vector<Bytes>>> readForeignTable(std::string_view file,
    const std::string& table, const std::vector<std::string>& columns,
    const ForeignLimits& limits = {});

} // namespace perennial::sql
