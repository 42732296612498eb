#pragma once

#include "shared/audit/checkpoint.h"
#include "shared/audit/log_files.h"
#include "shared/audit/merkle_tree.h"
#include "shared/base/file_system.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace perennial::controller {

// What is safely in a log's files: what an earlier run left, then what append() added.
struct LogState {
    audit::TreeEdge edge;
    std::int64_t segmentFirst = 0;      // of the file that grows
    std::uint64_t segmentBytes = 0;     // its whole records
    std::uint64_t checkpointsBytes = 0; // whole notes
    std::string newestNote;
    std::int64_t newestSize = 0;
    // The operator accepted that records are gone: those before logSize are left of lostTo.
    struct Restore {
        std::int64_t logSize;
        std::int64_t lostTo;
        std::string newestNote; // that covers what is gone
    };
    std::optional<Restore> restore;
    bool repaired = false;

    std::int64_t size() const { return static_cast<std::int64_t>(edge.size()); }
};

// The log's files. Knows no database and no clock.
class LogWriter {
public:
    static constexpr std::int64_t usualSegment = 10'000;

    // An empty log, with a signed checkpoint of nothing. Conflict when the folder holds a log.
    static Status create(
        FileSystem& files, const audit::LogFiles& log, const audit::NoteSigner& signer);

    struct Opening {
        std::int64_t eventsPerSegment = usualSegment;
        std::string knownNote; // the newest checkpoint as it is known from elsewhere, or empty
        bool acceptRestored = false;
    };
    // Cuts off or completes what a crash left. Corrupt when more is wrong than that.
    static Result<LogWriter> open(
        FileSystem& files, audit::LogFiles log, audit::NoteSigner signer, const Opening& opening);

    // records: made for the sequences size(), size() + 1, ... All of them are on disk when it
    // returns, or none counts.
    Status append(const std::vector<std::string>& records);
    // Signs what is there now; returns the note.
    Result<std::string> signCheckpoint();

    const LogState& state() const { return state_; }
    const audit::NoteSigner& signer() const { return signer_; }

private:
    LogWriter(FileSystem& files, audit::LogFiles log, audit::NoteSigner signer,
        std::int64_t eventsPerSegment, LogState state);

    struct Growth;
    Status write(const std::vector<std::string>& records, Growth& growth);
    Status takeBack();

    FileSystem* files_;
    audit::LogFiles log_;
    audit::NoteSigner signer_;
    std::int64_t eventsPerSegment_;
    LogState state_;
    bool recordsInDoubt_ = false; // a failed append may have left something after the state
    bool notesInDoubt_ = false;
};

} // namespace perennial::controller
