#pragma once

#include "plugins/listeners_discovery/socket_table.h"

#include <string>
#include <vector>

namespace perennial::plugins::listeners {

// Which sockets are looked at: "127.0.0.1:8443", "[::1]:8443", "*:9100" for any address.
class SocketChoice {
public:
    static Result<SocketChoice> from(const std::string& onlyLines, const std::string& exceptLines);

    static Result<SocketChoice> among(const std::string& lines); // those alone

    // By the address it listens on, or the one it is looked at by.
    bool takes(const ListeningSocket& socket) const;
    // By an address of its own in `only`, not with all others of its port.
    bool names(const ListeningSocket& socket) const;

private:
    std::vector<ListeningSocket> only_; // empty: all
    std::vector<ListeningSocket> except_;
};

} // namespace perennial::plugins::listeners
