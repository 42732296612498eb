#pragma once

#include "plugins/postgresql_discovery/config_reader.h"

namespace perennial::plugins::postgresql {

// Adds what one cluster shows: the certificate with its key, and the addresses where an SSLRequest
// reaches it. `dataFolder`: what relative paths are relative to.
void addCluster(const Settings& settings, const std::string& config, const std::string& dataFolder,
    Discovery& found);

} // namespace perennial::plugins::postgresql
