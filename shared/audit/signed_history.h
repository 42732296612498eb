#pragma once

#include "shared/audit/audit_record.h"
#include "shared/audit/log_files.h"
#include "shared/audit/log_verifier.h"
#include "shared/audit/merkle_tree.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace perennial::audit {

// Everything that a log has signed, as far as its folder (and a note that the auditor kept) tells.
class SignedHistory {
public:
    // The damage, if a note is bad by itself.
    Result<std::optional<DamagedLog>> read(
        const FileSystem& files, const LogFiles& log, const NoteVerifier& verifier);
    std::optional<DamagedLog> addKept(std::string_view note, const NoteVerifier& verifier);

    enum class Judgement { Nothing, Agrees, Contradicts, Forked };
    // Compares what was signed of the first `size` records. Call with 0, 1, 2, ...
    Judgement judge(std::int64_t size, const TreeEdge& edge);
    // The operator's acknowledgement that a log was restored from a backup: excuses the notes that
    // were signed before and cover what is gone.
    void noteRestore(const Record& record);

    std::size_t count() const { return count_; }
    std::int64_t newestSize() const { return newestSize_; } // of the newest note
    std::int64_t size() const; // records that must be there, as far as acknowledgements were read
    const std::vector<AcknowledgedRestore>& restores() const { return restores_; }

private:
    struct Note {
        std::int64_t size;
        Bytes root;
        std::size_t place; // in the order of signing
    };

    std::optional<DamagedLog> add(
        std::string_view note, const std::string& what, const NoteVerifier& verifier);
    Result<std::optional<DamagedLog>> readNewest(const FileSystem& files, const LogFiles& log,
        const std::vector<std::string>& lastTwo, const NoteVerifier& verifier);
    // The size that a note read so far signed, counted from the last; 0 when there is none.
    std::int64_t signedBy(std::size_t fromEnd) const;
    void order();
    bool mayBeLost(const Note& note) const;

    std::vector<Note> notes_; // by size, once all are read
    std::size_t next_ = 0;    // in notes_
    std::size_t count_ = 0;
    std::int64_t newestSize_ = 0;
    std::vector<std::int64_t> biggestAfter_; // by place: the biggest size signed later
    std::vector<AcknowledgedRestore> restores_;
};

} // namespace perennial::audit
