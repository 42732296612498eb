#pragma once

#include "plugins/dovecot_discovery/config_reader.h"
#include "shared/service_config/listen_address.h"

#include <string>
#include <vector>

namespace perennial::plugins::dovecot {

// Where one of Dovecot's login services listens.
struct LoginSocket {
    std::string protocol;                  // as a `protocol` block names it
    std::string startTls;                  // how TLS is asked for; empty: TLS at once
    service_config::ListenAddress address; // "0.0.0.0" and "::" for every address
};

// Of the protocols that are on. What cannot be looked at goes to `found.skipped`.
std::vector<LoginSocket> loginSocketsOf(const Configuration& configuration, Discovery& found);

} // namespace perennial::plugins::dovecot
