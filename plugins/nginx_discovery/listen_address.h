#pragma once

#include "shared/base/result.h"

#include <string>
#include <vector>

namespace perennial::plugins::nginx {

// What one `listen` names. Port ranges (stream) are several addresses.
struct ListenAddress {
    std::string host; // numeric, in its shortest form; "0.0.0.0" and "::" for every address
    int port = 0;
    friend auto operator<=>(const ListenAddress&, const ListenAddress&) = default;
};
std::string toText(const ListenAddress& address);

struct Listen {
    std::vector<ListenAddress> addresses;
    bool tls = false;
    bool isDefault = false;
    bool proxyProtocol = false; // talks before TLS, so nothing can be looked at
};

// NotFound with the reason when nobody can shake hands there over TCP: Unix sockets, QUIC, UDP.
Result<Listen> parseListen(const std::vector<std::string>& arguments);

} // namespace perennial::plugins::nginx
