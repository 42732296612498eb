#pragma once

#include "plugins/rsyslog_discovery/config_reader.h"

namespace perennial::plugins::rsyslog {

// Adds the pairs of one rsyslog, with the addresses where it takes messages by TLS.
void addPairs(const Settings& settings, Discovery& found);

} // namespace perennial::plugins::rsyslog
