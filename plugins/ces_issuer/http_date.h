#pragma once

#include "shared/base/clock.h"

#include <optional>
#include <string_view>

namespace perennial::plugins {

// The preferred form of RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". Nothing for any other.
std::optional<TimePoint> timeFromHttpDate(std::string_view text);

} // namespace perennial::plugins
