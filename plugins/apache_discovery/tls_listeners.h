#pragma once

#include "plugins/apache_discovery/virtual_hosts.h"

#include <string>
#include <vector>

namespace perennial::plugins::apache {

// Where each of the hosts can be seen by a TLS handshake, in their order. One on every address is
// looked at on the loopback address. Why one cannot be seen goes to `found`.
std::vector<std::vector<model::Listener>> listenersOf(const std::vector<VirtualHost>& hosts,
    const std::vector<ListenAddress>& listens, Discovery& found);

} // namespace perennial::plugins::apache
