#include "shared/audit/checkpoint.h"

#include "shared/audit/merkle_tree.h"

#include <array>
#include <charconv>
#include <limits>

namespace perennial::audit {

namespace {

Error malformed(const std::string& what)
{
    return {ErrorKind::InvalidInput, "malformed checkpoint: " + what};
}

Result<std::uint64_t> sizeFrom(std::string_view text)
{
    std::uint64_t size = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, failed] = std::from_chars(text.data(), end, size);
    const bool leadingZero = text.size() > 1 && text.front() == '0';
    if (failed != std::errc() || stopped != end || leadingZero ||
        size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return malformed("its second line is no size");
    return size;
}

} // namespace

std::string toNoteText(const Checkpoint& checkpoint)
{
    return checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n' +
           toBase64(checkpoint.root) + '\n';
}

Result<Checkpoint> checkpointFromNoteText(std::string_view text)
{
    std::array<std::string_view, 3> lines;
    for (auto& line : lines) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos || end == 0)
            return malformed("it needs an origin, a size and a root, each on a line");
        line = text.substr(0, end);
        text.remove_prefix(end + 1);
    }
    // Extension lines are allowed by the format, but nobody could check what they say.
    if (!text.empty()) return malformed("more than three lines");
    const auto size = sizeFrom(lines[1]);
    if (!size) return size.error();
    auto root = fromBase64(lines[2]);
    if (!root || root->size() != hashSize || toBase64(*root) != lines[2])
        return malformed("its third line is no base64 of 32 bytes");
    return Checkpoint{std::string(lines[0]), *size, std::move(*root)};
}

std::string signCheckpoint(const Checkpoint& checkpoint, const NoteSigner& signer)
{
    return signer.sign(toNoteText(checkpoint));
}

Result<Checkpoint> openCheckpoint(std::string_view note, const NoteVerifier& verifier)
{
    const auto text = verifier.open(note);
    if (!text) return text.error();
    auto checkpoint = checkpointFromNoteText(*text);
    if (checkpoint && checkpoint->origin != verifier.name())
        return Error{ErrorKind::PermissionDenied,
            "the checkpoint is of another log, " + toPrintable(checkpoint->origin, 300)};
    return checkpoint;
}

} // namespace perennial::audit
