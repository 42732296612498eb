#pragma once

#include "plugins/nginx_discovery/tls_servers.h"

#include <string>
#include <vector>

namespace perennial::plugins::nginx {

// Where each server of a group can be seen by a TLS handshake, in the group's order. A server on
// every address is looked at on the loopback address. Why one cannot be seen goes to `found`.
std::vector<std::vector<model::Listener>> listenersOf(
    const std::vector<Server>& group, Discovery& found);

} // namespace perennial::plugins::nginx
