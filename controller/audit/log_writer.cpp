#include "controller/audit/log_writer.h"

#include "controller/audit/log_recovery.h"

#include <algorithm>

namespace perennial::controller {

using audit::hashSize;

// What append() has written so far; becomes the state once all of it is on disk.
struct LogWriter::Growth {
    std::int64_t segmentFirst;
    std::uint64_t segmentBytes;
    audit::TreeEdge edge;
};

LogWriter::LogWriter(FileSystem& files, audit::LogFiles log, audit::NoteSigner signer,
    std::int64_t eventsPerSegment, LogState state)
    : files_(&files), log_(std::move(log)), signer_(std::move(signer)),
      eventsPerSegment_(eventsPerSegment), state_(std::move(state))
{
}

Status LogWriter::create(
    FileSystem& files, const audit::LogFiles& log, const audit::NoteSigner& signer)
{
    if (auto made = files.makeFolder(log.folder); !made) return made;
    const auto segments = audit::listSegments(files, log);
    if (!segments) return segments.error();
    if (files.inspect(log.publicKey()) || !segments->empty())
        return Error{ErrorKind::Conflict, log.folder.string() + " holds an audit log already"};
    const auto note =
        audit::signCheckpoint({signer.verifier().name(), 0, audit::TreeEdge().root()}, signer);
    if (auto done = files.replace(log.checkpoints(), note, {}); !done) return done;
    if (auto done = files.replace(log.checkpoint(), note, {}); !done) return done;
    // Last: with this file the log is there.
    return files.replace(log.publicKey(), signer.verifier().toText() + '\n', {});
}

Result<LogWriter> LogWriter::open(
    FileSystem& files, audit::LogFiles log, audit::NoteSigner signer, const Opening& opening)
{
    auto state = recoverLog(files, log, signer.verifier(), opening);
    if (!state) return state.error();
    return LogWriter(
        files, std::move(log), std::move(signer), opening.eventsPerSegment, std::move(*state));
}

Status LogWriter::append(const std::vector<std::string>& records)
{
    if (records.empty()) return {};
    if (recordsInDoubt_) {
        if (auto back = takeBack(); !back) return back;
    }
    Growth growth{state_.segmentFirst, state_.segmentBytes, state_.edge};
    recordsInDoubt_ = true;
    if (auto written = write(records, growth); !written) {
        (void)takeBack(); // or before the next try
        return written;
    }
    recordsInDoubt_ = false;
    state_.segmentFirst = growth.segmentFirst;
    state_.segmentBytes = growth.segmentBytes;
    state_.edge = std::move(growth.edge);
    return {};
}

// Records first, then their leaves: a record without a leaf was never acknowledged.
Status LogWriter::write(const std::vector<std::string>& records, Growth& growth)
{
    std::string leaves;
    std::string lines;
    const auto flush = [&]() -> Status {
        if (lines.empty()) return {};
        auto done = files_->append(log_.segment(growth.segmentFirst), lines);
        growth.segmentBytes += lines.size();
        lines.clear();
        return done;
    };
    for (const auto& record : records) {
        const auto sequence = static_cast<std::int64_t>(growth.edge.size());
        if (sequence >= growth.segmentFirst + eventsPerSegment_) {
            if (auto done = flush(); !done) return done;
            growth.segmentFirst = sequence;
            growth.segmentBytes = 0;
        }
        lines += record + '\n';
        const auto leaf = audit::leafHash(record);
        leaves += leaf;
        growth.edge.append(leaf);
    }
    if (auto done = flush(); !done) return done;
    return files_->append(log_.leaves(), leaves);
}

// Back to what was acknowledged: after a failed fsync nobody knows what of the rest is on disk.
Status LogWriter::takeBack()
{
    const auto gone = [](const Status& status) {
        return status || status.error().kind == ErrorKind::NotFound;
    };
    const auto segments = audit::listSegments(*files_, log_);
    if (!segments) return segments.error();
    for (const auto first : *segments) {
        if (first < state_.size() || first == state_.segmentFirst) continue;
        if (auto done = files_->remove(log_.segment(first)); !done) return done;
    }
    auto done = files_->truncate(log_.segment(state_.segmentFirst), state_.segmentBytes);
    if (!gone(done)) return done;
    done = files_->truncate(log_.leaves(), state_.edge.size() * hashSize);
    if (!gone(done)) return done;
    recordsInDoubt_ = false;
    return {};
}

Result<std::string> LogWriter::signCheckpoint()
{
    if (notesInDoubt_) {
        auto cut = files_->truncate(log_.checkpoints(), state_.checkpointsBytes);
        if (!cut) return cut.error();
    }
    const auto note = audit::signCheckpoint(
        {signer_.verifier().name(), state_.edge.size(), state_.edge.root()}, signer_);
    notesInDoubt_ = true;
    if (auto done = files_->append(log_.checkpoints(), note); !done) return done.error();
    notesInDoubt_ = false;
    state_.checkpointsBytes += note.size();
    state_.newestNote = note;
    state_.newestSize = state_.size();
    if (auto done = files_->replace(log_.checkpoint(), note, {}); !done) return done.error();
    return note;
}

} // namespace perennial::controller
