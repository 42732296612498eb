#pragma once

#include "shared/base/result.h"

#include <initializer_list>

namespace perennial {

// Gives up every capability but these (CAP_CHOWN, ... of linux/capability.h), as far as there are
// any. A program that root starts afterwards gets what the bounding set allows, which stays as it
// is.
Status keepCapabilities(std::initializer_list<int> kept);

} // namespace perennial
