#pragma once

#include "controller/audit/audit_outbox.h"
#include "controller/audit/clock_watch.h"
#include "controller/audit/log_reader.h"
#include "controller/audit/log_writer.h"
#include "shared/base/clock.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/file_system.h"
#include "shared/model/audit_event.h"
#include "shared/plugin_api/audit_sink.h"
#include "shared/sql/database.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace perennial::controller {

struct AuditLogSettings {
    std::filesystem::path folder; // docs/audit_log.md says what is in it; may be copied to auditors
    std::filesystem::path keyFile; // signs the checkpoints; PEM, mode 0600, outside the folder
    std::string host;              // `host` of the log's own events: the controller's name
    std::chrono::milliseconds checkpointEvery = std::chrono::seconds(60); // when something is new
    std::int64_t checkpointEvents = 1000;                 // at the latest after so many events
    std::int64_t eventsPerFile = LogWriter::usualSegment; // the same for the life of a log
    // A log that ends before its newest checkpoint is taken as it is, and says so in an event.
    bool acceptRestoredLog = false;
};

// Keeps the audit log: takes events from the outbox, numbers them, writes them, signs checkpoints.
// One thread calls integrate(); everything else may be called by any thread.
class AuditLog {
public:
    // Makes the key and an empty log with a signed checkpoint of nothing. `origin` names the log
    // for ever ("controller.example.test/audit"). Conflict when there is a log or a key already.
    static Status create(
        FileSystem& files, const AuditLogSettings& settings, const std::string& origin);

    // Repairs what a crash left, then writes audit.started. Corrupt when the log is damaged or ends
    // before its newest checkpoint; the message says what to do.
    static Result<std::unique_ptr<AuditLog>> open(
        FileSystem& files, sql::Database& database, const Clock& clock, AuditLogSettings settings);

    // Writes what waits in the outbox, and a checkpoint when one is due. After a failure nothing is
    // lost: the next call tries again.
    Status integrate();
    // For events that no state change goes with. Written by the next integrate(); a crash before it
    // loses them.
    void note(model::AuditEvent event);
    // Integrates what waits, then writes audit.stopped and the last checkpoint. The last call.
    Status stop();

    std::int64_t size() const;      // events that are safely in the log; they have seq 0 .. size-1
    std::string checkpoint() const; // the newest signed note
    std::int64_t checkpointSize() const;
    // When this opening took a restored log as it is: its size then. Sinks go back to here.
    std::optional<std::int64_t> restoredAt() const;
    std::string publicKey() const; // of the notes: "<origin>+<key id>+<base64>"
    Status health() const;         // why the last integrate() failed

    // Records from `sequence` on, checked against the log's leaves: at most `limit`, and at most 4
    // MB unless a single one is bigger. Corrupt when one is damaged; then audit.verify_failed
    // follows.
    Result<std::vector<SinkEvent>> read(std::int64_t sequence, std::size_t limit) const;
    // The first record with a recorded_time not before `time`; size() when there is none.
    Result<std::int64_t> firstRecordedSince(TimePoint time) const;
    // Derived from the signing key, for a named purpose.
    Bytes secretFor(std::string_view purpose) const;

private:
    AuditLog(FileSystem& files, sql::Database& database, const Clock& clock,
        AuditLogSettings settings, LogWriter writer);

    struct Batch {
        std::vector<AuditOutbox::Row> rows;
        std::vector<model::AuditEvent> notes;
    };
    Status start();
    Status integrateNow();
    Result<Batch> collect();
    Status write(const Batch& batch);
    Status removeIntegrated();
    Status dropIntegratedBefore();
    Status append(const std::vector<Json>& events);
    Status appendOwn(const std::string& kind, Json::Object details);
    Status checkpointWhenDue();
    Status sign();
    model::AuditEvent ownEvent(const std::string& kind, Json::Object details) const;
    void publish();
    void damaged(std::int64_t sequence) const;

    sql::Database& database_;
    const Clock& clock_;
    AuditLogSettings settings_;
    LogReader reader_;
    FileDescriptor lock_;

    std::mutex writing_; // what follows is for the thread that integrates
    LogWriter writer_;
    std::int64_t integrated_ = 0; // outbox rows up to this position are in the log
    bool rowsRemain_ = false;     // of those; they are to be removed
    std::int64_t uncovered_ = 0;  // events since the checkpoint, checkpoint events left out
    std::chrono::milliseconds uncoveredSince_{0};
    ClockWatch clockWatch_;

    mutable std::mutex mutex_; // what follows is for all threads
    mutable std::vector<model::AuditEvent> notes_;
    mutable std::set<std::int64_t> damaged_; // told of
    std::int64_t size_ = 0;
    std::int64_t checkpointSize_ = 0;
    std::string checkpoint_;
    std::optional<Error> failure_;
};

} // namespace perennial::controller
