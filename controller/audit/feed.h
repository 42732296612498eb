#pragma once

#include "controller/audit/audit_log.h"
#include "shared/base/encoding.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::controller {

struct FeedPage {
    std::vector<std::string> items; // byte for byte the lines in the log, without the newline
    std::string nextCursor;         // always there: asks for what comes after the items
    bool hasMore = false;
    std::string checkpoint;        // the newest signed note
    std::int64_t headSequence = 0; // of the next event to come
    std::int64_t oldestSequence = 0;
};

// What a cursor says; opaque to those who hold it.
struct FeedCursor {
    Bytes logId;               // 16 bytes
    std::int64_t sequence = 0; // of the next event
};
std::string encodeCursor(const FeedCursor& cursor, std::string_view secret);
Result<FeedCursor> decodeCursor(std::string_view text, std::string_view secret);

// What SIEMs and auditors pull (GET /v1/audit/events). Stateless: a cursor says log and sequence
// under a MAC, so it is valid as long as the log and across restarts.
class Feed {
public:
    static constexpr std::size_t mostItems = 1000;

    explicit Feed(const AuditLog& log);

    // InvalidInput: a cursor that was changed or is of another log, a limit outside 1..mostItems.
    // Corrupt: a record in that range is damaged.
    Result<FeedPage> read(std::string_view cursor, std::size_t limit) const;
    // start: "earliest", "latest" (only what comes from now on), a sequence, or an RFC 3339 time,
    // compared with recorded_time.
    Result<FeedPage> readFrom(std::string_view start, std::size_t limit) const;

private:
    Result<FeedPage> page(std::int64_t sequence, std::size_t limit) const;

    const AuditLog& log_;
    Bytes logId_;
    Bytes secret_;
};

} // namespace perennial::controller
