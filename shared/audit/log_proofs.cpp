#include "shared/audit/log_proofs.h"

#include "shared/audit/audit_record.h"
#include "shared/audit/log_files.h"
#include "shared/audit/merkle_tree.h"

#include <charconv>
#include <limits>

namespace perennial::audit {

namespace {

constexpr std::string_view proofTitle = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view indexStart = "index ";
constexpr std::size_t mostHashes = 64; // of a tree of 2^64 records

Result<Bytes> readLeaves(const FileSystem& files, const LogFiles& log, std::uint64_t size)
{
    auto leaves = files.readPart(log.leaves(), 0, static_cast<std::size_t>(size) * hashSize);
    if (!leaves) return leaves.error();
    if (leaves->size() != size * hashSize)
        return Error{ErrorKind::Corrupt,
            "the log has fewer leaves than the " + std::to_string(size) + " asked for"};
    return leaves;
}

Error malformed(const std::string& what)
{
    return {ErrorKind::InvalidInput, "malformed proof: " + what};
}

struct RecordProof {
    std::int64_t index = 0;
    std::vector<Bytes> hashes;
    std::string_view note;
};

Result<RecordProof> proofFrom(std::string_view text)
{
    if (text.size() > 2 * NoteSigner::noteLimit) return malformed("too long");
    if (!text.starts_with(proofTitle)) return malformed("it does not begin as a tlog-proof");
    text.remove_prefix(proofTitle.size());
    const auto blank = text.find("\n\n");
    if (blank == std::string_view::npos) return malformed("no blank line before the checkpoint");
    RecordProof proof;
    proof.note = text.substr(blank + 2);
    text = text.substr(0, blank + 1);
    if (!text.starts_with(indexStart)) return malformed("no index");
    text.remove_prefix(indexStart.size());
    const auto digits = text.substr(0, text.find('\n'));
    text.remove_prefix(digits.size() + 1);
    const auto* end = digits.data() + digits.size();
    const auto [stopped, failed] = std::from_chars(digits.data(), end, proof.index);
    if (failed != std::errc() || stopped != end || std::to_string(proof.index) != digits ||
        proof.index < 0)
        return malformed("its index is no number");
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        auto hash = fromBase64(line);
        if (!hash || hash->size() != hashSize) return malformed("a line that is no hash");
        if (proof.hashes.size() == mostHashes) return malformed("too many hashes");
        proof.hashes.push_back(std::move(*hash));
    }
    return proof;
}

} // namespace

Result<std::int64_t> findEvent(
    const FileSystem& files, const std::filesystem::path& folder, std::string_view eventId)
{
    const LogFiles log{folder};
    const auto segments = listSegments(files, log);
    if (!segments) return segments.error();
    // Looked for as text first: reading every record as JSON takes long.
    const auto member = "\"id\":" + Json(eventId).canonical();
    for (const auto first : *segments) {
        LineReader lines(files, log.segment(first));
        for (std::int64_t sequence = first;; ++sequence) {
            const auto line = lines.line();
            if (!line) return line.error();
            if (!*line) break;
            if ((*line)->find(member) == std::string_view::npos) continue;
            const auto record = readRecord(**line);
            if (!record) return record.error();
            const Json* id = record->event.find("id");
            if (id != nullptr && *id == Json(eventId)) return sequence;
        }
    }
    return Error{ErrorKind::NotFound, "the log has no event " + toPrintable(eventId, 64)};
}

Result<std::string> proveRecord(
    const FileSystem& files, const std::filesystem::path& folder, std::int64_t sequence)
{
    const LogFiles log{folder};
    const auto note = files.read(log.checkpoint(), NoteSigner::noteLimit);
    if (!note) return note.error();
    const auto checkpoint = checkpointFromNoteText(note->substr(0, note->rfind("\n\n") + 1));
    if (!checkpoint) return checkpoint.error();
    const auto index = static_cast<std::uint64_t>(sequence);
    if (sequence < 0 || index >= checkpoint->size)
        return Error{ErrorKind::NotFound,
            "the newest checkpoint covers " + std::to_string(checkpoint->size) +
                " records: not yet number " + std::to_string(sequence)};
    const auto leaves = readLeaves(files, log, checkpoint->size);
    if (!leaves) return leaves.error();
    std::string proof(proofTitle);
    proof += std::string(indexStart) + std::to_string(sequence) + '\n';
    for (const auto& hash : inclusionProof(*leaves, index))
        proof += toBase64(hash) + '\n';
    return proof + '\n' + *note;
}

Result<std::int64_t> checkRecordProof(
    std::string_view proof, std::string_view record, const NoteVerifier& verifier)
{
    const auto parts = proofFrom(proof);
    if (!parts) return parts.error();
    const auto checkpoint = openCheckpoint(parts->note, verifier);
    if (!checkpoint) return checkpoint.error();
    if (!provesInclusion(parts->hashes, leafHash(record), static_cast<std::uint64_t>(parts->index),
            checkpoint->size, checkpoint->root))
        return Error{ErrorKind::PermissionDenied, "the proof does not prove this record"};
    return parts->index;
}

Result<std::vector<Bytes>> proveConsistency(const FileSystem& files,
    const std::filesystem::path& folder, std::uint64_t oldSize, std::uint64_t newSize)
{
    if (oldSize > newSize)
        return Error{ErrorKind::InvalidInput, "the old size is bigger than the new one"};
    const auto leaves = readLeaves(files, LogFiles{folder}, newSize);
    if (!leaves) return leaves.error();
    return consistencyProof(*leaves, oldSize);
}

} // namespace perennial::audit
