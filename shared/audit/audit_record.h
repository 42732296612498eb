#pragma once

#include "shared/base/clock.h"
#include "shared/base/json.h"
#include "shared/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace perennial::audit {

// One line of the log: the event's members, `seq` and `recorded_time`, as canonical JSON. These
// very bytes are hashed, signed, served and sent.
inline constexpr std::size_t recordLimit = 32U << 10U; // bytes

// event: what model::toJson gives, without `seq` and `recorded_time`.
std::string makeRecord(Json event, std::int64_t sequence, PreciseTime recorded);

struct Record {
    std::int64_t sequence = 0;
    std::string recordedTime; // RFC 3339
    Json event;               // what makeRecord was given
};
// Refuses what is not canonical: other bytes than makeRecord would have written.
Result<Record> readRecord(std::string_view record);

} // namespace perennial::audit
