#include "shared/audit/log_files.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/merkle_tree.h"
#include "shared/audit/signed_note.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace perennial::audit {

namespace {

constexpr std::string_view segmentStart = "events-";
constexpr std::string_view segmentEnd = ".jsonl";
constexpr std::size_t segmentDigits = 12;
constexpr std::size_t partSize = 256U << 10U;

std::optional<std::int64_t> firstSequenceOf(std::string_view name)
{
    if (name.size() != segmentStart.size() + segmentDigits + segmentEnd.size() ||
        !name.starts_with(segmentStart) || !name.ends_with(segmentEnd))
        return std::nullopt;
    const auto digits = name.substr(segmentStart.size(), segmentDigits);
    if (!std::all_of(
            digits.begin(), digits.end(), [](char digit) { return digit >= '0' && digit <= '9'; }))
        return std::nullopt;
    std::int64_t first = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), first);
    return first;
}

bool isSignature(std::string_view line) { return line.starts_with("\xE2\x80\x94 "); }

} // namespace

std::filesystem::path LogFiles::segment(std::int64_t firstSequence) const
{
    auto digits = std::to_string(firstSequence);
    if (digits.size() < segmentDigits) digits.insert(0, segmentDigits - digits.size(), '0');
    return folder / (std::string(segmentStart) + digits + std::string(segmentEnd));
}

Result<std::vector<std::int64_t>> listSegments(const FileSystem& files, const LogFiles& log)
{
    const auto names = files.list(log.folder);
    if (!names) return names.error();
    std::vector<std::int64_t> segments;
    for (const auto& name : *names) {
        if (const auto first = firstSequenceOf(name)) segments.push_back(*first);
    }
    std::sort(segments.begin(), segments.end());
    return segments;
}

Result<std::optional<std::string_view>> LineReader::line()
{
    std::size_t searched = used_;
    for (;;) {
        const auto end = part_.find('\n', searched);
        if (end != std::string::npos && end - used_ <= recordLimit) {
            const auto line = std::string_view(part_).substr(used_, end - used_);
            used_ = end + 1;
            return std::optional(line);
        }
        if (end != std::string::npos || unfinished() > recordLimit)
            return Error{ErrorKind::Corrupt, file_.string() + " has a line of more than " +
                                                 std::to_string(recordLimit) + " bytes"};
        part_.erase(0, used_);
        used_ = 0;
        searched = part_.size();
        const auto more = files_.readPart(file_, next_, partSize);
        if (!more) return more.error();
        if (more->empty()) return std::optional<std::string_view>();
        part_ += *more;
        next_ += more->size();
    }
}

std::string LineReader::takeUnfinished()
{
    std::string rest = part_.substr(used_);
    used_ = part_.size();
    return rest;
}

Result<std::optional<std::string>> NoteReader::note()
{
    std::string note = std::exchange(ahead_, {});
    bool signatures = false;
    for (;;) {
        const auto line = lines_.line();
        if (!line) return line.error();
        if (!*line) {
            if (!signatures) note += lines_.takeUnfinished();
            return note.empty() ? std::optional<std::string>() : std::optional(std::move(note));
        }
        if (signatures && !isSignature(**line)) {
            ahead_ = std::string(**line) + '\n';
            return std::optional(std::move(note));
        }
        signatures = signatures || isSignature(**line);
        note += std::string(**line) + '\n';
        if (note.size() > NoteSigner::noteLimit)
            return Error{ErrorKind::Corrupt,
                "a note of more than " + std::to_string(NoteSigner::noteLimit) + " bytes"};
    }
}

LeafReader::LeafReader(const FileSystem& files, std::filesystem::path file, std::int64_t first)
    : files_(files), file_(std::move(file)), next_(static_cast<std::uint64_t>(first) * hashSize)
{
}

Result<std::optional<std::string_view>> LeafReader::leaf()
{
    if (used_ == part_.size()) {
        auto more = files_.readPart(file_, next_, partSize);
        if (!more && more.error().kind != ErrorKind::NotFound) return more.error();
        part_ = more ? std::move(*more) : std::string();
        part_.resize(part_.size() / hashSize * hashSize);
        next_ += part_.size();
        used_ = 0;
        if (part_.empty()) return std::optional<std::string_view>();
    }
    used_ += hashSize;
    return std::optional(std::string_view(part_).substr(used_ - hashSize, hashSize));
}

Result<std::int64_t> countLeaves(const FileSystem& files, const LogFiles& log)
{
    const auto facts = files.inspect(log.leaves());
    if (!facts && facts.error().kind == ErrorKind::NotFound) return std::int64_t{0};
    if (!facts) return facts.error();
    return static_cast<std::int64_t>(facts->size / hashSize);
}

} // namespace perennial::audit
