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

// Reads the lines of a file in order, a part of the file at a time.
class LineReader {
public:
    LineReader(const FileSystem& files, std::filesystem::path file, std::uint64_t offset = 0)
        : files_(files), file_(std::move(file)), next_(offset)
    {
    }

    // The next whole line without its newline, valid until the next call; nothing when there is no
    // further whole line. Corrupt for a line over recordLimit.
    Result<std::optional<std::string_view>> line();
    std::uint64_t offset() const { return next_ - (part_.size() - used_); } // after the last line
    std::size_t unfinished() const { return part_.size() - used_; } // bytes after the last newline
    std::string takeUnfinished();                                   // call at the end

private:
    const FileSystem& files_;
    std::filesystem::path file_;
    std::string part_;
    std::size_t used_ = 0;
    std::uint64_t next_; // offset in the file of what follows part_
};

// Reads the signed notes of the log's file `checkpoints`.
class NoteReader {
public:
    NoteReader(const FileSystem& files, std::filesystem::path file, std::uint64_t offset = 0)
        : lines_(files, std::move(file), offset)
    {
    }

    // The next note: lines, a blank line, signature lines. What comes last may be a part of one.
    Result<std::optional<std::string>> note();

private:
    LineReader lines_;
    std::string ahead_; // the first line of the next note
};

// Reads the hashes of the log's file `leaves` in order.
class LeafReader {
public:
    LeafReader(const FileSystem& files, std::filesystem::path file, std::int64_t first = 0);

    // The next leaf, valid until the next call; nothing at the end.
    Result<std::optional<std::string_view>> leaf();

private:
    const FileSystem& files_;
    std::filesystem::path file_;
    std::uint64_t next_;
    std::string part_;
    std::size_t used_ = 0;
};

// How many whole leaves there are; none when the file is missing.
Result<std::int64_t> countLeaves(const FileSystem& files, const LogFiles& log);

} // namespace perennial::audit
