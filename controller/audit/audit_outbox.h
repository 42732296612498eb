#pragma once

#include "shared/model/audit_event.h"
#include "shared/sql/database.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::controller {

// Where an event waits, in the database, until it is in the audit log. It is put here by the
// transaction that makes the change which it tells of: both happen, or neither.
class AuditOutbox {
public:
    // For the controller's migrations. audit_state holds the newest checkpoint: a log folder that
    // was restored from a backup contradicts it.
    static constexpr std::string_view schema =
        "CREATE TABLE audit_outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT "
        "NULL);\n"
        "CREATE TABLE audit_state (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n";

    // InvalidInput when the event is not one (model::toJson). Wake the integration up after the
    // commit.
    static Status add(sql::Session& session, const model::AuditEvent& event);

    struct Row {
        std::int64_t position;
        std::string event; // canonical JSON
    };
    // In the order in which they were added.
    static Result<std::vector<Row>> oldest(sql::Session& session, std::size_t limit);
    static Status removeUpTo(sql::Session& session, std::int64_t position);
    static Result<std::int64_t> waiting(sql::Session& session);

    // The newest checkpoint that the log has signed; empty at first.
    static Result<std::string> knownCheckpoint(sql::Session& session);
    static Status knowCheckpoint(sql::Session& session, const std::string& note);
};

} // namespace perennial::controller
