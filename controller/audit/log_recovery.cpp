#include "controller/audit/log_recovery.h"

#include "shared/audit/audit_record.h"

#include <algorithm>

namespace perennial::controller {

using audit::hashSize;
using audit::LeafReader;
using audit::LineReader;
using audit::NoteSigner;

namespace {

Error corrupt(const std::string& what) { return {ErrorKind::Corrupt, "audit log: " + what}; }

std::string number(std::int64_t value) { return std::to_string(value); }

class Recovery {
public:
    Recovery(FileSystem& files, const audit::LogFiles& log, const audit::NoteVerifier& verifier,
        const LogWriter::Opening& opening)
        : files_(files), log_(log), verifier_(verifier), opening_(opening)
    {
    }

    Result<LogState> run();

private:
    Status readNotes();
    Status readTailOfNotes(const std::string& newest);
    Result<audit::Checkpoint> openNote(const std::string& note, const std::string& what) const;
    Status countLeaves();
    Status readRecords();
    Status readSegment(std::int64_t first, bool last);
    bool isWhole(std::string_view record) const;
    Status findLoss();
    Status findRestore(std::int64_t biggest);
    Status readLeaves();
    Status compareRoots(std::uint64_t size, const Bytes& root);
    Status repair();
    Status removeTemporaries();

    FileSystem& files_;
    const audit::LogFiles& log_;
    const audit::NoteVerifier& verifier_;
    const LogWriter::Opening& opening_;

    LogState state_;
    audit::Checkpoint newest_;
    std::optional<audit::Checkpoint> known_; // from elsewhere
    std::uint64_t notesToKeep_ = 0;
    bool newestIsBehind_ = false;            // the file checkpoint
    bool knownIsNewer_ = false;              // than any note in a folder that was restored
    std::int64_t signed_ = 0;                // records that a checkpoint covers
    std::int64_t leaves_ = 0;                // whole leaves on disk
    std::int64_t records_ = 0;               // whole records on disk
    std::string missingLeaves_;              // of the records leaves_ to records_
    std::optional<std::uint64_t> cutAt_;     // bytes to keep of the last segment
    std::optional<audit::Checkpoint> proof_; // after a restore: what the rest must agree with
};

Result<LogState> Recovery::run()
{
    if (auto done = readNotes(); !done) return done.error();
    if (auto done = countLeaves(); !done) return done.error();
    if (auto done = readRecords(); !done) return done.error();
    if (auto done = findLoss(); !done) return done.error();
    if (auto done = readLeaves(); !done) return done.error();
    if (auto done = repair(); !done) return done.error();
    return std::move(state_);
}

Result<audit::Checkpoint> Recovery::openNote(const std::string& note, const std::string& what) const
{
    auto checkpoint = audit::openCheckpoint(note, verifier_);
    if (!checkpoint) return corrupt(what + ": " + checkpoint.error().message);
    return checkpoint;
}

Status Recovery::readNotes()
{
    auto newest = files_.read(log_.checkpoint(), NoteSigner::noteLimit);
    if (!newest) return newest.error().in("the newest checkpoint of the audit log");
    if (auto done = readTailOfNotes(*newest); !done) return done;
    auto checkpoint = openNote(state_.newestNote, "the newest checkpoint");
    if (!checkpoint) return checkpoint.error();
    newest_ = std::move(*checkpoint);
    state_.newestSize = static_cast<std::int64_t>(newest_.size);
    signed_ = state_.newestSize;
    if (opening_.knownNote.empty()) return {};
    auto known = openNote(opening_.knownNote, "the checkpoint in the database");
    if (!known) return known.error();
    signed_ = std::max(signed_, static_cast<std::int64_t>(known->size));
    known_ = std::move(*known);
    return {};
}

// The list of notes must end with the newest one. A crash while signing leaves it one ahead of the
// file `checkpoint`, or ending in a part of a note.
Status Recovery::readTailOfNotes(const std::string& newest)
{
    const auto facts = files_.inspect(log_.checkpoints());
    if (!facts) return facts.error().in("the checkpoints of the audit log");
    const std::uint64_t most = 2 * NoteSigner::noteLimit;
    const auto from = facts->size > most ? facts->size - most : 0;
    const auto tail = files_.readPart(log_.checkpoints(), from, most);
    if (!tail) return tail.error();
    const auto at = tail->rfind(newest);
    if (newest.empty() || at == std::string::npos)
        return corrupt("its newest checkpoint is not in the file checkpoints");
    const auto rest = tail->substr(at + newest.size());
    state_.newestNote = newest;
    notesToKeep_ = from + tail->size() - rest.size();
    state_.checkpointsBytes = facts->size;
    if (rest.empty()) return {};
    if (audit::openCheckpoint(rest, verifier_)) {
        state_.newestNote = rest;
        newestIsBehind_ = true;
        notesToKeep_ = facts->size;
        return {};
    }
    // A whole note ends with a newline after a signature; this crash left less.
    if (rest.ends_with('\n') && rest.find("\n\xE2\x80\x94 ") != std::string::npos)
        return corrupt("the file checkpoints ends with a note that this key did not sign");
    return {};
}

Status Recovery::countLeaves()
{
    const auto count = audit::countLeaves(files_, log_);
    if (!count) return count.error();
    leaves_ = *count;
    // Zeros are what some file systems leave where a write had no time to come.
    while (leaves_ > signed_) {
        LeafReader reader(files_, log_.leaves(), leaves_ - 1);
        const auto leaf = reader.leaf();
        if (!leaf) return leaf.error();
        if (!*leaf || **leaf != std::string_view(std::string(hashSize, '\0'))) break;
        --leaves_;
    }
    return {};
}

// Only from the last place on that is both signed and has its leaf: what was there before was
// looked at earlier, and `perennial audit verify` looks at all of it.
Status Recovery::readRecords()
{
    const auto segments = audit::listSegments(files_, log_);
    if (!segments) return segments.error();
    const auto start = std::min(signed_, leaves_) / opening_.eventsPerSegment;
    std::int64_t expected = 0;
    for (const auto first : *segments) {
        if (first != expected)
            return corrupt("the file of the records from " + number(expected) +
                           " on is missing: put it back (perennial audit verify tells more)");
        expected += opening_.eventsPerSegment;
        const bool last = first == segments->back();
        if (!last && first / opening_.eventsPerSegment < start) {
            records_ = expected;
            continue;
        }
        records_ = first;
        if (auto done = readSegment(first, last); !done) return done;
        if (!last && records_ != expected)
            return corrupt("record " + number(records_) + " and those after it are missing");
    }
    return {};
}

Status Recovery::readSegment(std::int64_t first, bool last)
{
    LineReader lines(files_, log_.segment(first));
    LeafReader leaves(files_, log_.leaves(), first);
    state_.segmentFirst = first;
    for (;;) {
        const auto before = lines.offset();
        const auto line = lines.line();
        if (!line && line.error().kind != ErrorKind::Corrupt) return line.error();
        const auto leaf = leaves.leaf();
        if (!leaf) return leaf.error();
        const bool hasLeaf = records_ < leaves_ && *leaf;
        bool good = false;
        if (line && *line) {
            const auto hash = audit::leafHash(**line);
            good = hasLeaf ? hash == **leaf : isWhole(**line);
            if (good && !hasLeaf) missingLeaves_ += hash;
        } else if (line && lines.unfinished() == 0) {
            state_.segmentBytes = before;
            return {};
        }
        if (good) {
            ++records_;
            continue;
        }
        if (hasLeaf && line && *line)
            return corrupt("record " + number(records_) + " was changed: its leaf differs");
        const bool wasWritten = hasLeaf || records_ < signed_;
        if (!last || (wasWritten && !opening_.acceptRestored))
            return corrupt("record " + number(records_) +
                           " is incomplete, though it had been written: put the file back from a "
                           "backup");
        cutAt_ = before;
        state_.segmentBytes = before;
        return {};
    }
}

bool Recovery::isWhole(std::string_view record) const
{
    const auto read = audit::readRecord(record);
    return read && read->sequence == records_;
}

Status Recovery::findLoss()
{
    const auto biggest = std::max(signed_, leaves_);
    if (records_ >= biggest) return {};
    if (opening_.acceptRestored) return findRestore(biggest);
    return corrupt(
        "the log ends before record " + number(records_) + ", but " + number(biggest) +
        " records had been written" +
        (signed_ > records_ ? " and a signed checkpoint covers " + number(signed_) : "") +
        ". It was cut, or restored from a backup. Put the missing files of " +
        log_.folder.string() +
        " back; if they are lost for good, start once with --accept-restored-log: the log goes on "
        "and says that it has a gap");
}

// Whatever is left must be the beginning of what was signed: the last note that fits its size
// decides.
Status Recovery::findRestore(std::int64_t biggest)
{
    audit::NoteReader notes(files_, log_.checkpoints());
    for (;;) {
        const auto note = notes.note();
        if (!note) return note.error();
        if (!*note) break;
        auto checkpoint = audit::openCheckpoint(**note, verifier_);
        if (!checkpoint) continue; // the last one may be a part; readNotes() judged it
        const auto size = static_cast<std::int64_t>(checkpoint->size);
        biggest = std::max(biggest, size);
        if (size <= records_) proof_ = std::move(*checkpoint);
    }
    knownIsNewer_ = known_ && known_->size > newest_.size;
    state_.restore = LogState::Restore{
        records_, biggest, knownIsNewer_ ? opening_.knownNote : state_.newestNote};
    leaves_ = std::min(leaves_, records_);
    return {};
}

Status Recovery::compareRoots(std::uint64_t size, const Bytes& root)
{
    if (state_.edge.size() != size || state_.edge.root() == root) return {};
    return corrupt("its first " + std::to_string(size) +
                   " records are not those that a checkpoint signed (perennial audit verify tells "
                   "more)");
}

Status Recovery::readLeaves()
{
    const auto compareAll = [this]() -> Status {
        if (state_.restore) return proof_ ? compareRoots(proof_->size, proof_->root) : Status();
        if (auto same = compareRoots(newest_.size, newest_.root); !same) return same;
        return known_ ? compareRoots(known_->size, known_->root) : Status();
    };
    LeafReader reader(files_, log_.leaves());
    if (auto same = compareAll(); !same) return same;
    while (state_.size() < records_) {
        const auto position = state_.size();
        std::string_view leaf;
        if (position < leaves_) {
            const auto read = reader.leaf();
            if (!read) return read.error();
            if (!*read) return corrupt("its leaves were cut while it was opened");
            leaf = **read;
        } else {
            leaf = std::string_view(missingLeaves_)
                       .substr(static_cast<std::size_t>(position - leaves_) * hashSize, hashSize);
        }
        state_.edge.append(leaf);
        if (auto same = compareAll(); !same) return same;
    }
    return {};
}

Status Recovery::removeTemporaries()
{
    const auto names = files_.list(log_.folder);
    if (!names) return names.error();
    for (const auto& name : *names) {
        if (!isTemporaryName(name)) continue;
        if (auto done = files_.remove(log_.folder / name); !done) return done;
    }
    return {};
}

// Nothing was changed before this: everything else agrees.
Status Recovery::repair()
{
    if (notesToKeep_ < state_.checkpointsBytes) {
        if (auto done = files_.truncate(log_.checkpoints(), notesToKeep_); !done) return done;
        state_.repaired = true;
    }
    state_.checkpointsBytes = notesToKeep_;
    if (knownIsNewer_) { // notes are kept for ever, of what is lost too
        auto done = files_.append(log_.checkpoints(), opening_.knownNote);
        if (!done) return done;
        state_.checkpointsBytes += opening_.knownNote.size();
    }
    if (newestIsBehind_) {
        auto done = files_.replace(log_.checkpoint(), state_.newestNote, {});
        if (!done) return done;
        state_.repaired = true;
    }
    if (cutAt_) {
        auto done = files_.truncate(log_.segment(state_.segmentFirst), *cutAt_);
        if (!done) return done;
        state_.repaired = true;
    }
    if (auto done = removeTemporaries(); !done) return done;
    const auto facts = files_.inspect(log_.leaves());
    if (!facts && facts.error().kind != ErrorKind::NotFound) return facts.error();
    const auto keep = static_cast<std::uint64_t>(leaves_) * hashSize;
    if (facts && facts->size > keep) {
        if (auto done = files_.truncate(log_.leaves(), keep); !done) return done;
        state_.repaired = true;
    }
    if (!missingLeaves_.empty()) {
        if (auto done = files_.append(log_.leaves(), missingLeaves_); !done) return done;
        state_.repaired = true;
    }
    return {};
}

} // namespace

Result<LogState> recoverLog(FileSystem& files, const audit::LogFiles& log,
    const audit::NoteVerifier& verifier, const LogWriter::Opening& opening)
{
    return Recovery(files, log, verifier, opening).run();
}

} // namespace perennial::controller
