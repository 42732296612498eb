#pragma once

#include "shared/base/clock.h"

#include <string>

namespace perennial::controller {

// git compares valid-before with the time that the commit itself names, and whoever signs chooses
// that. Returns the allowed signers (ssh-keygen(1), ALLOWED SIGNERS) without the lines whose
// valid-before is not after `now`; a time without Z is taken as UTC.
std::string withoutExpired(const std::string& allowedSigners, TimePoint now);

} // namespace perennial::controller
