#pragma once

#include "shared/base/result.h"

#include <string>

namespace perennial::sql {

// Never opens a database that is there: closing any descriptor of a file drops the locks that this
// process holds on it, SQLite's among them.

enum class IfThere { Keep, Refuse };
// Makes an empty file with mode 0600, its entry synced. Refuses what is there and is not a regular
// file.
Status makeFile(const std::string& file, IfThere ifThere);

Status syncFile(const std::string& file); // and its folder
void removeFile(const std::string& file);

} // namespace perennial::sql
