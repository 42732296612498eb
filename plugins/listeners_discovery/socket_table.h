#pragma once

#include "shared/base/result.h"

#include <compare>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace perennial::plugins::listeners {

struct ListeningSocket {
    std::string host; // numeric; "0.0.0.0" and "::" for every address
    int port = 0;
    uid_t owner = nobody;                                  // who made it
    static constexpr auto nobody = static_cast<uid_t>(-1); // the table does not say
    friend auto operator<=>(const ListeningSocket&, const ListeningSocket&) = default;
};

// The sockets in state LISTEN of /proc/net/tcp or /proc/net/tcp6 (proc_net_tcp in the kernel's
// documentation), sorted, each once. Lines of another form are passed over.
std::vector<ListeningSocket> listeningSockets(std::string_view table);

// Where a handshake reaches it from the host itself.
ListeningSocket reachable(ListeningSocket socket);

} // namespace perennial::plugins::listeners
