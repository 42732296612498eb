#include "controller/audit/log_reader.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/merkle_tree.h"

#include <algorithm>

namespace perennial::controller {

namespace {

constexpr std::size_t mostOffsets = 64;

Result<TimePoint> recordedTimeOf(std::string_view text)
{
    const auto record = audit::readRecord(text);
    if (!record) return record.error();
    return timeFromRfc3339(record->recordedTime);
}

} // namespace

Result<LogReader::Part> LogReader::read(
    std::int64_t first, std::int64_t size, std::size_t limit) const
{
    Part part;
    std::size_t bytes = 0;
    const auto wanted = std::min(size, first + static_cast<std::int64_t>(limit));
    for (auto next = first; next < wanted && bytes < mostBytes && !part.damaged;) {
        const auto end = std::min(wanted, (next / eventsPerSegment_ + 1) * eventsPerSegment_);
        if (auto done = readSegment(next, end, part, bytes); !done) return done.error();
        next = end;
    }
    return part;
}

Status LogReader::readSegment(
    std::int64_t first, std::int64_t end, Part& part, std::size_t& bytes) const
{
    const auto segment = first / eventsPerSegment_ * eventsPerSegment_;
    const auto offset = offsetOf(first);
    audit::LineReader lines(files_, log_.segment(segment), offset);
    audit::LeafReader leaves(files_, log_.leaves(), first);
    auto sequence = offset == 0 ? segment : first;
    auto stopped = offset;
    while (sequence < end) {
        const auto line = lines.line();
        if (!line && line.error().kind != ErrorKind::Corrupt &&
            line.error().kind != ErrorKind::NotFound)
            return line.error();
        if (sequence < first && line && *line) {
            ++sequence;
            continue;
        }
        const auto leaf = leaves.leaf();
        if (!leaf) return leaf.error();
        if (!line || !*line || !*leaf || audit::leafHash(**line) != **leaf) {
            part.damaged = std::max(sequence, first);
            return {};
        }
        if (!part.events.empty() && bytes + (*line)->size() > mostBytes) {
            bytes = mostBytes;
            break;
        }
        bytes += (*line)->size();
        part.events.push_back({sequence, std::string(**line)});
        stopped = lines.offset();
        ++sequence;
    }
    remember(sequence, stopped);
    return {};
}

std::uint64_t LogReader::offsetOf(std::int64_t sequence) const
{
    if (sequence % eventsPerSegment_ == 0) return 0;
    const std::lock_guard lock(mutex_);
    const auto found = offsets_.find(sequence);
    return found == offsets_.end() ? 0 : found->second;
}

void LogReader::remember(std::int64_t sequence, std::uint64_t offset) const
{
    const std::lock_guard lock(mutex_);
    offsets_[sequence] = offset;
    if (offsets_.size() > mostOffsets) offsets_.erase(offsets_.begin());
}

Result<TimePoint> LogReader::recordedTime(std::int64_t sequence, std::int64_t size) const
{
    const auto part = read(sequence, size, 1);
    if (!part) return part.error();
    if (part->events.empty())
        return Error{ErrorKind::Corrupt,
            "record " + std::to_string(sequence) + " of the audit log is damaged"};
    return recordedTimeOf(part->events.front().canonical);
}

Result<std::int64_t> LogReader::firstSince(TimePoint time, std::int64_t size) const
{
    std::int64_t segment = 0;
    for (; segment + eventsPerSegment_ < size; segment += eventsPerSegment_) {
        const auto next = recordedTime(segment + eventsPerSegment_, size);
        if (!next) return next.error();
        if (*next >= time) break;
    }
    const auto end = std::min(size, segment + eventsPerSegment_);
    while (segment < end) {
        const auto part = read(segment, end, 1000);
        if (!part) return part.error();
        if (part->damaged)
            return Error{ErrorKind::Corrupt,
                "record " + std::to_string(*part->damaged) + " of the audit log is damaged"};
        for (const auto& event : part->events) {
            const auto recorded = recordedTimeOf(event.canonical);
            if (!recorded) return recorded.error();
            if (*recorded >= time) return event.sequence;
        }
        segment += static_cast<std::int64_t>(part->events.size());
    }
    return end;
}

} // namespace perennial::controller
