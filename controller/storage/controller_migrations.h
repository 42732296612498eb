#pragma once

#include "shared/sql/database.h"

#include <vector>

namespace perennial::controller {

// The tables of the controller's database, as they came to be. The audit outbox's own schema is
// version 2: the program puts both together.
std::vector<sql::Migration> controllerMigrations();

} // namespace perennial::controller
