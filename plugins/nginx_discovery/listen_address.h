#pragma once

#include "shared/service_config/listen_address.h"

#include <string>
#include <vector>

namespace perennial::plugins::nginx {

using service_config::ListenAddress;

// What one `listen` names. Port ranges (stream) are several addresses.
struct Listen {
    std::vector<ListenAddress> addresses;
    bool tls = false;
    bool isDefault = false;
    bool proxyProtocol = false; // talks before TLS, so nothing can be looked at
};

// NotFound with the reason when nobody can shake hands there over TCP: Unix sockets, QUIC, UDP.
Result<Listen> parseListen(const std::vector<std::string>& arguments);

} // namespace perennial::plugins::nginx
