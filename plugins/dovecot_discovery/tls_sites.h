#pragma once

#include "plugins/dovecot_discovery/config_reader.h"
#include "shared/service_config/named_pair.h"

#include <vector>

namespace perennial::plugins::dovecot {

// A certificate with its key, for whom it is set, and where it is shown.
struct Site {
    service_config::NamedPair pair;
    Filter filter;
    bool isClient = false; // what Dovecot shows to others
    std::vector<model::Listener> listeners;
};

// What cannot be followed, or looked at, goes to `found.skipped`.
std::vector<Site> sitesOf(const Configuration& configuration, Discovery& found);

} // namespace perennial::plugins::dovecot
