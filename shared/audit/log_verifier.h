#pragma once

#include "shared/audit/checkpoint.h"
#include "shared/base/file_system.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace perennial::audit {

enum class Damage {
    ChangedRecord,
    MissingRecord,
    InsertedRecord,
    ChangedLeaf,
    MissingLeaf,
    TruncatedLog,           // ends before a signed checkpoint
    UnsignedLog,            // no checkpoint at all
    MissingNote,            // the file checkpoint is gone, or checkpoints does not end with it
    ForkedCheckpoints,      // two roots for one size
    ContradictedCheckpoint, // signed, but not what the records give
    WrongSignature,
    WrongOrigin,
    MalformedNote,
};
std::string_view nameOf(Damage damage); // "changed-record", ...

struct DamagedLog {
    Damage damage;
    // The first bad one; for a note in the log, the first record for which no earlier note speaks;
    // none for the note that the caller kept.
    std::optional<std::int64_t> sequence;
    std::string message; // for people
};

// The log was restored from a backup and the operator took it so (admin.restored): these signed
// checkpoints cover records that are gone.
struct AcknowledgedRestore {
    std::int64_t sequence; // of the record that says so
    std::int64_t lostFrom;
    std::int64_t lostTo; // one past the last
};

struct VerifiedLog {
    std::int64_t size = 0;           // records, each equal to its leaf
    std::int64_t checkpointSize = 0; // of them under the newest signed checkpoint
    std::size_t checkpoints = 0;
    std::int64_t unfinished = 0; // records at the end that the writer has not acknowledged
    std::vector<AcknowledgedRestore> restores;
};

using Verdict = std::variant<VerifiedLog, DamagedLog>;

// Reads every record and every note; needs no secret and no network. `since` is a note that the
// caller kept from earlier: the log must still contain what it signed. Error: a file cannot be
// read.
Result<Verdict> verifyLog(const FileSystem& files, const std::filesystem::path& folder,
    const NoteVerifier& verifier, std::string_view since = {});

} // namespace perennial::audit
