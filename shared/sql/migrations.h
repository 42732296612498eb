#pragma once

#include "shared/sql/connection.h"

namespace perennial::sql {

// Changes nothing: a newer version's file, and one of another program, are to stay as they are.
Status checkFile(
    Connection& connection, const std::string& file, const std::vector<Migration>& migrations);

// Brings the file to the last version. The table schema_version has a row for each one applied.
Status migrate(
    Connection& connection, const std::string& file, const std::vector<Migration>& migrations);

} // namespace perennial::sql
