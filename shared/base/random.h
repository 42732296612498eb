#pragma once

#include "shared/base/clock.h"
#include "shared/base/encoding.h"

namespace perennial {

Bytes randomBytes(std::size_t count); // from the kernel; ends the program if there are none
std::string uuidV7(PreciseTime now);  // RFC 9562: sortable by time
std::string uuidV4();

} // namespace perennial
