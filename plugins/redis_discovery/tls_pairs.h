#pragma once

#include "plugins/redis_discovery/config_reader.h"

namespace perennial::plugins::redis {

// Adds what one Redis shows: its pair with the addresses of its TLS port, and the pair by which it
// is a client of other ones, where it has one.
void addPairs(const Settings& settings, Discovery& found);

} // namespace perennial::plugins::redis
