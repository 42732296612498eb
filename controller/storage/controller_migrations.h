#pragma once

#include "shared/sql/database.h"

#include <vector>

namespace perennial::controller {

// The tables of the controller's database, as they came to be. Version 2 is the audit outbox's own
// schema (AuditOutbox::schema): whoever opens the database brings it.
std::vector<sql::Migration> controllerMigrations(std::string_view outbox);

} // namespace perennial::controller
