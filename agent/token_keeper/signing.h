#pragma once

#include "agent/token_keeper/service_keys.h"
#include "shared/base/unix_socket.h"

#include <vector>

namespace perennial::token_keeper {

// A key that signs for whoever holds the other end of the socket: this often, and no other key.
struct LentKey {
    UnixSocket socket;
    ServiceKeys::Key key;
    int signatures;
};

// A request signs once by each key, and its TLS connections once each by the old one.
inline constexpr int signaturesOfOldKey = 16;
inline constexpr int signaturesOfNewKey = 4;

// Tells each public key, then signs until nobody holds another end any more, or the time is up.
void signFor(std::vector<LentKey> lent, const pkcs11::Session& session, Duration life);

} // namespace perennial::token_keeper
