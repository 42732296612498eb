#include "shared/audit/log_copy.h"

#include "shared/audit/log_files.h"
#include "shared/audit/merkle_tree.h"

namespace perennial::audit {

namespace {

constexpr std::size_t partSize = 4U << 20U;

// `unit`: only whole multiples of so many bytes.
Status copyFile(FileSystem& files, const std::filesystem::path& from,
    const std::filesystem::path& to, std::size_t unit = 1)
{
    for (std::uint64_t offset = 0;;) {
        const auto part = files.readPart(from, offset, partSize);
        if (!part && part.error().kind == ErrorKind::NotFound && offset == 0) return {};
        if (!part) return part.error();
        const auto whole = std::string_view(*part).substr(0, part->size() / unit * unit);
        if (whole.empty()) return {};
        if (auto done = files.append(to, whole); !done) return done;
        offset += whole.size();
    }
}

} // namespace

Status copyLog(
    FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to)
{
    const LogFiles source{from};
    const LogFiles target{to};
    if (auto made = files.makeFolder(to); !made) return made;
    const auto there = files.list(to);
    if (!there) return there.error();
    if (!there->empty()) return Error{ErrorKind::Conflict, to.string() + " is not empty"};

    NoteReader notes(files, source.checkpoints());
    std::string list;
    std::string newest;
    for (;;) {
        auto note = notes.note();
        if (!note) return note.error();
        if (!*note || !(*note)->ends_with('\n')) break; // the last one may be under way
        list += **note;
        newest = std::move(**note);
    }
    if (auto done = files.replace(target.checkpoints(), list, {}); !done) return done;
    if (auto done = files.replace(target.checkpoint(), newest, {}); !done) return done;
    if (auto done = copyFile(files, source.leaves(), target.leaves(), hashSize); !done) return done;
    const auto segments = listSegments(files, source);
    if (!segments) return segments.error();
    for (const auto first : *segments) {
        if (auto done = copyFile(files, source.segment(first), target.segment(first)); !done)
            return done;
    }
    return copyFile(files, source.publicKey(), target.publicKey());
}

} // namespace perennial::audit
