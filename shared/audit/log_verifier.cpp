#include "shared/audit/log_verifier.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/log_files.h"
#include "shared/audit/merkle_tree.h"
#include "shared/audit/signed_history.h"

#include <optional>

namespace perennial::audit {

namespace {

std::string number(std::int64_t value) { return std::to_string(value); }

// Walks the records once, from the first to the last, beside the leaves and the signed checkpoints.
class Walk {
public:
    Walk(const FileSystem& files, const LogFiles& log, std::int64_t leaves, SignedHistory& history)
        : files_(files), log_(log), history_(history), leafCount_(leaves),
          leaves_(files, log.leaves())
    {
    }

    Result<Verdict> run();

private:
    using Found = std::optional<DamagedLog>;

    Result<Found> walkSegment(std::int64_t first, bool last);
    Result<Found> walkRecord(std::string_view record);
    Found readAndCompare(std::string_view record, bool equalsLeaf);
    Found compareCheckpoints();
    Found finish();
    // The first damage is the one to tell, even where the reader stumbles later.
    DamagedLog damaged(Damage damage, const std::string& message) const;

    const FileSystem& files_;
    const LogFiles& log_;
    SignedHistory& history_;
    std::int64_t leafCount_;
    LeafReader leaves_;
    TreeEdge edge_;
    std::int64_t position_ = 0;           // of the next record
    std::int64_t lastSigned_ = 0;         // up to here the records are those that were signed
    std::optional<std::int64_t> suspect_; // the first record that is not its leaf
    VerifiedLog verified_;
};

DamagedLog Walk::damaged(Damage damage, const std::string& message) const
{
    if (suspect_)
        return {Damage::ChangedRecord, suspect_,
            "record " + number(*suspect_) + " is not what was written: its leaf differs"};
    return {damage, position_, message};
}

Result<Verdict> Walk::run()
{
    const auto segments = listSegments(files_, log_);
    if (!segments) return segments.error();
    if (auto found = compareCheckpoints()) return Verdict(*found);
    for (const auto first : *segments) {
        auto found = walkSegment(first, first == segments->back());
        if (!found) return found.error();
        if (*found) return Verdict(**found);
    }
    if (auto found = finish()) return Verdict(*found);
    verified_.size = position_;
    verified_.checkpoints = history_.count();
    verified_.checkpointSize = history_.newestSize();
    verified_.restores = history_.restores();
    return Verdict(verified_);
}

Result<Walk::Found> Walk::walkSegment(std::int64_t first, bool last)
{
    const auto expected = position_ + verified_.unfinished;
    if (first > expected)
        return Found(damaged(Damage::MissingRecord, "record " + number(expected) +
                                                        " is missing: the next file begins with " +
                                                        number(first)));
    if (first < expected)
        return Found(
            damaged(Damage::InsertedRecord, "there are more records before number " +
                                                number(first) + " than its file's name says"));
    LineReader lines(files_, log_.segment(first));
    for (;;) {
        const auto line = lines.line();
        if (!line && line.error().kind == ErrorKind::Corrupt)
            return Found(damaged(Damage::ChangedRecord, line.error().message));
        if (!line) return line.error();
        if (!*line) break;
        auto found = walkRecord(**line);
        if (!found || *found) return found;
    }
    if (lines.unfinished() == 0) return Found();
    if (position_ < leafCount_ || !last)
        return Found(damaged(Damage::ChangedRecord,
            "record " + number(position_) + " is incomplete: its line has no end"));
    ++verified_.unfinished;
    return Found();
}

Result<Walk::Found> Walk::walkRecord(std::string_view record)
{
    if (position_ >= leafCount_) {
        // What is being written at this moment, or what a crash left: nobody was told of it yet.
        if (position_ < history_.size())
            return Found(damaged(
                Damage::MissingLeaf, "the leaf of record " + number(position_) + " is missing"));
        ++verified_.unfinished;
        return Found();
    }
    const auto expected = leaves_.leaf();
    if (!expected) return expected.error();
    if (!*expected)
        return Found(damaged(
            Damage::MissingLeaf, "the leaf of record " + number(position_) + " is missing"));
    const Bytes leaf = leafHash(record);
    if (auto found = readAndCompare(record, leaf == **expected)) return found;
    edge_.append(leaf);
    ++position_;
    return compareCheckpoints();
}

Walk::Found Walk::readAndCompare(std::string_view record, bool equalsLeaf)
{
    const auto read = readRecord(record);
    if (!read)
        return damaged(Damage::ChangedRecord,
            "record " + number(position_) + " is not what was written: " + read.error().message);
    if (read->sequence > position_)
        return damaged(Damage::MissingRecord, "record " + number(position_) +
                                                  " is missing: number " + number(read->sequence) +
                                                  " is in its place");
    if (read->sequence < position_)
        return damaged(Damage::InsertedRecord, "in the place of record " + number(position_) +
                                                   " is one with number " + number(read->sequence));
    if (!equalsLeaf && !suspect_) suspect_ = position_;
    history_.noteRestore(*read);
    return std::nullopt;
}

// At the size of each signed checkpoint the records so far must give its root.
Walk::Found Walk::compareCheckpoints()
{
    using Judgement = SignedHistory::Judgement;
    const auto judgement = history_.judge(position_, edge_);
    if (judgement == Judgement::Nothing) return std::nullopt;
    if (judgement == Judgement::Forked)
        return DamagedLog{Damage::ForkedCheckpoints, lastSigned_,
            "two signed checkpoints of " + number(position_) + " records contradict each other"};
    if (judgement == Judgement::Contradicts) {
        if (suspect_) return damaged(Damage::ChangedRecord, "");
        return DamagedLog{Damage::ContradictedCheckpoint, lastSigned_,
            "not all of the records " + number(lastSigned_) + " to " + number(position_ - 1) +
                " are those that were signed"};
    }
    if (suspect_)
        return DamagedLog{Damage::ChangedLeaf, suspect_,
            "the leaf of record " + number(*suspect_) + " was changed; the record was not"};
    lastSigned_ = position_;
    return std::nullopt;
}

Walk::Found Walk::finish()
{
    if (position_ < leafCount_)
        return damaged(Damage::MissingRecord,
            "record " + number(position_) + " is missing: there is a leaf for it");
    if (position_ < history_.size())
        return damaged(Damage::TruncatedLog, "the log ends before record " + number(position_) +
                                                 ", but a signed checkpoint covers " +
                                                 number(history_.size()) + " records");
    if (suspect_) return damaged(Damage::ChangedRecord, "");
    return std::nullopt;
}

} // namespace

Result<Verdict> verifyLog(const FileSystem& files, const std::filesystem::path& folder,
    const NoteVerifier& verifier, std::string_view since)
{
    const LogFiles log{folder};
    // In this order: what is read later may have grown meanwhile, never shrunk.
    SignedHistory history;
    auto damage = history.read(files, log, verifier);
    if (!damage) return damage.error();
    if (*damage) return Verdict(**damage);
    if (!since.empty()) {
        if (auto wrong = history.addKept(since, verifier)) return Verdict(*wrong);
    }
    const auto leaves = countLeaves(files, log);
    if (!leaves) return leaves.error();
    return Walk(files, log, *leaves, history).run();
}

std::string_view nameOf(Damage damage)
{
    switch (damage) {
    case Damage::ChangedRecord: return "changed-record";
    case Damage::MissingRecord: return "missing-record";
    case Damage::InsertedRecord: return "inserted-record";
    case Damage::ChangedLeaf: return "changed-leaf";
    case Damage::MissingLeaf: return "missing-leaf";
    case Damage::TruncatedLog: return "truncated-log";
    case Damage::UnsignedLog: return "unsigned-log";
    case Damage::MissingNote: return "missing-note";
    case Damage::ForkedCheckpoints: return "forked-checkpoints";
    case Damage::ContradictedCheckpoint: return "contradicted-checkpoint";
    case Damage::WrongSignature: return "wrong-signature";
    case Damage::WrongOrigin: return "wrong-origin";
    case Damage::MalformedNote: return "malformed-note";
    }
    return "damaged";
}

} // namespace perennial::audit
