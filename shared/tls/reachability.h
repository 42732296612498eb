#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"

#include <string>
#include <vector>

namespace perennial::tls {

// The addresses of a name, as text, in the order of the system's preference; an address is its own.
// Unavailable: there are none, or nobody answered.
Result<std::vector<std::string>> lookUp(const std::string& host);

// Whether a TCP connection to the address comes about; it is closed at once. NotFound: it is
// refused.
Status reach(const std::string& address, int port, Duration timeout);

} // namespace perennial::tls
