#pragma once

#include "shared/base/file_system.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::audit {

// The names in a log's folder (docs/audit_log.md).
struct LogFiles {
    std::filesystem::path folder;

    std::filesystem::path segment(std::int64_t firstSequence) const; // events-<12 digits>.jsonl
    std::filesystem::path leaves() const { return folder / "leaves"; }
    std::filesystem::path checkpoints() const { return folder / "checkpoints"; }
    std::filesystem::path checkpoint() const { return folder / "checkpoint"; }
    std::filesystem::path publicKey() const { return folder / "public-key"; }
};

// The first sequences of the segments there are, in order.
Result<std::vector<std::int64_t>> listSegments(const FileSystem& files, const LogFiles& log);

// Reads the lines of one segment in order, a part of the file at a time.
class SegmentReader {
public:
    SegmentReader(const FileSystem& files, std::filesystem::path file, std::uint64_t offset = 0)
        : files_(files), file_(std::move(file)), next_(offset)
    {
    }

    // The next whole line without its newline, valid until the next call; nothing when there is no
    // further whole line. Corrupt for a line over recordLimit.
    Result<std::optional<std::string_view>> line();
    std::uint64_t offset() const { return next_ - (part_.size() - used_); } // after the last line
    std::size_t unfinished() const { return part_.size() - used_; } // bytes after the last newline

private:
    const FileSystem& files_;
    std::filesystem::path file_;
    std::string part_;
    std::size_t used_ = 0;
    std::uint64_t next_; // offset in the file of what follows part_
    bool atEnd_ = false;
};

} // namespace perennial::audit
