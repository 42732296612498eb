#pragma once

#include "shared/audit/log_files.h"
#include "shared/base/clock.h"
#include "shared/base/file_system.h"
#include "shared/plugin_api/audit_sink.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace perennial::controller {

// Reads records of a log that grows meanwhile. Any thread.
class LogReader {
public:
    LogReader(const FileSystem& files, audit::LogFiles log, std::int64_t eventsPerSegment)
        : files_(files), log_(std::move(log)), eventsPerSegment_(eventsPerSegment)
    {
    }

    static constexpr std::size_t mostBytes = 4U << 20U;

    struct Part {
        std::vector<SinkEvent> events;
        std::optional<std::int64_t> damaged; // the record after them is not what its leaf says
    };
    // Records first .. size-1, at most `limit` of them and mostBytes unless one alone is bigger.
    Result<Part> read(std::int64_t first, std::int64_t size, std::size_t limit) const;
    // The first place from which on nothing recorded at or after `time` is missed, as long as the
    // clock was not set back: segments are told apart by their first records.
    Result<std::int64_t> firstSince(TimePoint time, std::int64_t size) const;

private:
    std::uint64_t offsetOf(std::int64_t sequence) const; // 0: read from the segment's start
    void remember(std::int64_t sequence, std::uint64_t offset) const;
    Status readSegment(std::int64_t first, std::int64_t end, Part& part, std::size_t& bytes) const;
    Result<TimePoint> recordedTime(std::int64_t sequence, std::int64_t size) const;

    const FileSystem& files_;
    audit::LogFiles log_;
    std::int64_t eventsPerSegment_;
    mutable std::mutex mutex_;
    // Where readers stopped: most of them come back for what follows.
    mutable std::map<std::int64_t, std::uint64_t> offsets_;
};

} // namespace perennial::controller
