#pragma once

#include "plugins/mariadb_discovery/option_reader.h"

namespace perennial::plugins::mariadb {

// Adds what one server shows: its pair, and the addresses where MySQL's protocol leads to it.
void addServer(const Options& options, Discovery& found);

} // namespace perennial::plugins::mariadb
