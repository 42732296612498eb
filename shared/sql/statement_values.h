#pragma once

#include "shared/sql/database.h"

#include <optional>
#include <sqlite3.h>

namespace perennial::sql {

// Positions count from 1. The value must outlive the statement's run: SQLite does not copy it.
// Returns SQLite's code.
int bindValue(sqlite3_stmt* statement, int position, const Value& value);

// Of the current row; columns count from 0. nullopt: a floating-point number, which nothing of ours
// stores.
std::optional<Value> valueOf(sqlite3_stmt* statement, int column);

} // namespace perennial::sql
