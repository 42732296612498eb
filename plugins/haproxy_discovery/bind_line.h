#pragma once

#include "plugins/haproxy_discovery/config_reader.h"
#include "shared/service_config/listen_address.h"

#include <string>
#include <utility>
#include <vector>

namespace perennial::plugins::haproxy {

using service_config::ListenAddress;

// One `bind`. The statement lives as long as the configuration.
struct Bind {
    const Statement* statement;
    std::vector<ListenAddress> addresses;
    // "crt" or "crt-list", and its path, in the order of the line.
    std::vector<std::pair<std::string, std::string>> certificates;
    bool tls = false;
    bool strict = false;        // no certificate without a name that leads to it
    bool proxyProtocol = false; // talks before TLS, so nothing can be looked at
};

// What is no TCP address goes to `found` when a certificate is concerned.
Bind parseBind(const Statement& statement, Discovery& found);

} // namespace perennial::plugins::haproxy
