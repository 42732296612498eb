#pragma once

#include "shared/base/clock.h"
#include "shared/base/json.h"
#include "shared/sql/database.h"

#include <string>
#include <vector>

namespace perennial::enrollment::server {

struct EventRecord {
    std::int64_t id = 0;
    TimePoint time;
    std::string kind; // "request.submitted", "certificate.issued", ...
    Json details;
    std::string digest; // SHA-256 of all of these and the database's id, in hex
};

// Events after a number, and what a reader needs to notice that this is not the list it has read so
// far: a database restored from an old backup counts on from a lower number.
struct EventPage {
    std::vector<EventRecord> items;
    std::string database;    // 32 hex digits, random, made with the database
    std::int64_t newest = 0; // the highest number; 0: there is none
    std::string afterDigest; // of the event that the page begins after; empty: it is not there
};

// In the transaction of what it tells.
Status insertEvent(
    sql::Session& session, const std::string& kind, TimePoint time, const Json& details);
Result<EventPage> readEvents(sql::Database& database, std::int64_t after, std::int64_t limit);

} // namespace perennial::enrollment::server
