#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"

#include <cstdint>

namespace perennial::controller {

// Times are stored as seconds since 1970.
inline std::int64_t toStored(TimePoint time) { return time.time_since_epoch().count(); }
inline TimePoint fromStored(std::int64_t seconds) { return TimePoint(Duration(seconds)); }

template <class T>
Status statusOf(const Result<T>& result)
{
    if (!result) return result.error();
    return {};
}

} // namespace perennial::controller
