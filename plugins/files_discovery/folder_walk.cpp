#include "plugins/files_discovery/folder_walk.h"

#include "shared/base/file_descriptor.h"
#include "shared/base/file_system.h"
#include "shared/base/file_traits.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <memory>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <vector>

namespace perennial::plugins::files {

namespace {

constexpr std::size_t batchBytes = 32U << 10U;
constexpr int folderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
constexpr int fileFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr std::array<std::uint64_t, 5> folderSeed = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9, 0x27D4EB2F165667C5, 0x85EBCA77C2B2AE63};

// Not linux/dirent.h: no header has it.
struct DirectoryRecord {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t size;
    unsigned char type;
    char name[1];
};

// What an installer has under way, or keeps until a renewal is finished.
bool isOfInstaller(std::string_view name)
{
    return name.starts_with(".perennial-") || isTemporaryName(name);
}

// Where reading can hang, or has effects, or never ends.
bool isForeign(int folder)
{
    struct statfs facts {};
    if (::fstatfs(folder, &facts) != 0) return true;
    constexpr std::array<std::uint64_t, 17> magics = {PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC,
        TRACEFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, BPF_FS_MAGIC,
        SECURITYFS_MAGIC, EFIVARFS_MAGIC, PSTOREFS_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,
        CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, FUSE_SUPER_MAGIC, AFS_SUPER_MAGIC};
    const auto type = static_cast<std::uint64_t>(facts.f_type) & 0xFFFFFFFFU;
    return std::find(magics.begin(), magics.end(), type) != magics.end();
}

std::uint64_t folderMark(const struct stat& facts)
{
    return fingerprintOf({facts.st_dev, facts.st_ino, 0, 0, 0}, folderSeed);
}

uid_t sharerOf(const struct stat& folder)
{
    return (folder.st_mode & S_IWOTH) != 0 ? OwnerShares::everybody : folder.st_uid;
}

unsigned char typeOf(mode_t mode)
{
    if (S_ISREG(mode)) return DT_REG;
    if (S_ISDIR(mode)) return DT_DIR;
    if (S_ISLNK(mode)) return DT_LNK;
    return DT_CHR;
}

void tell(Discovery& found, const std::string& folder, std::size_t count, const std::string& what)
{
    if (count > 0) found.skip(folder + ": " + std::to_string(count) + " " + what);
}

} // namespace

bool FolderWalk::hasShare(uid_t owner) const
{
    return entries_.left(owner) > 0 && bytes_.left(owner) > 0 && time_.left(owner) > 0;
}

bool FolderWalk::mayGoOn(uid_t owner)
{
    const auto ofLater = [&](std::uint64_t whole) { return whole / parts_ * reserved_; };
    if (untilClock_-- == 0) {
        untilClock_ = 63;
        const auto now = clock_.monotonic();
        time_.spend(owner, static_cast<std::uint64_t>((now - lastLook_).count()));
        lastLook_ = now;
        const auto whole = std::chrono::milliseconds(limits_.time);
        late_ = now >= began_ + whole - whole / parts_ * reserved_;
    }
    if (!late_ && entries_.left() > ofLater(limits_.entries) &&
        bytes_.left() > ofLater(limits_.allBytes))
        return true;
    passed_.stopped = true;
    return false;
}

bool FolderWalk::hasFittingSize(const FileIdentity& identity)
{
    if (identity.size > limits_.fileBytes) ++passed_.large;
    return identity.size > 0 && identity.size <= limits_.fileBytes;
}

// Asked before the file is opened: mostly that need not be.
bool FolderWalk::isUnknown(const Level& level, const Name& name, FileVisitor& visitor)
{
    struct stat facts {};
    if (::fstatat(level.descriptor, name.text.data(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        ++passed_.unreadable;
        return false;
    }
    if (!S_ISREG(facts.st_mode)) {
        if (const auto type = typeOf(facts.st_mode); type != name.type)
            take(level, {name.inode, type, name.text}, visitor);
        return false;
    }
    auto identity = identityOf(facts);
    identity.inOpenFolder = level.owner == OwnerShares::everybody;
    return hasFittingSize(identity) && !visitor.knows({level.path, name.text, identity});
}

void FolderWalk::takeFile(const Level& level, const Name& name, FileVisitor& visitor)
{
    if (visitor.knowsFiles() && !isUnknown(level, name, visitor)) return;
    const FileDescriptor file(::openat(level.descriptor, name.text.data(), fileFlags));
    struct stat facts {};
    if (!file || ::fstat(file.get(), &facts) != 0) {
        ++(errno == ELOOP ? passed_.links : errno == ENXIO ? passed_.special : passed_.unreadable);
        return;
    }
    if (!S_ISREG(facts.st_mode)) {
        ++passed_.special;
        return;
    }
    auto identity = identityOf(facts);
    identity.inOpenFolder = level.owner == OwnerShares::everybody;
    if (!hasFittingSize(identity)) return;
    bytes_.spend(level.owner, visitor.look({level.path, name.text, identity}, file.get()));
}

void FolderWalk::takeFolder(const Level& level, const Name& name, FileVisitor& visitor)
{
    if (level.depth >= limits_.depth) {
        ++passed_.deep;
        return;
    }
    const FileDescriptor folder(::openat(level.descriptor, name.text.data(), folderFlags));
    struct stat facts {};
    if (!folder || ::fstat(folder.get(), &facts) != 0) {
        ++passed_.unreadable;
        return;
    }
    if (facts.st_dev != level.device && isForeign(folder.get())) {
        ++passed_.foreign;
        return;
    }
    if (!entered_.insert(folderMark(facts))) return;
    enter({folder.get(), facts.st_dev, level.depth + 1, level.path + "/" + std::string(name.text),
              sharerOf(facts)},
        visitor);
}

void FolderWalk::take(const Level& level, const Name& name, FileVisitor& visitor)
{
    switch (name.type) {
    case DT_REG: takeFile(level, name, visitor); return;
    case DT_DIR: takeFolder(level, name, visitor); return;
    case DT_LNK: ++passed_.links; return;
    case DT_UNKNOWN: {
        struct stat facts {};
        if (::fstatat(level.descriptor, name.text.data(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
            ++passed_.unreadable;
        else
            take(level, {name.inode, typeOf(facts.st_mode), name.text}, visitor);
        return;
    }
    default: ++passed_.special;
    }
}

void FolderWalk::enter(const Level& level, FileVisitor& visitor)
{
    // A batch at a time: a folder of a million names is never held in memory.
    const auto buffer = std::make_unique<std::array<char, batchBytes>>();
    std::vector<Name> names;
    std::size_t seen = 0;
    while (true) {
        const auto got = ::syscall(SYS_getdents64, level.descriptor, buffer->data(), batchBytes);
        if (got < 0) ++passed_.unreadable;
        if (got <= 0) return;
        names.clear();
        for (long at = 0; at < got;) {
            const auto* record = reinterpret_cast<const DirectoryRecord*>(buffer->data() + at);
            at += record->size;
            const std::string_view name(record->name);
            if (name != "." && name != ".." && !isOfInstaller(name))
                names.push_back({record->inode, record->type, name});
        }
        // In the order in which the disk has them.
        std::sort(names.begin(), names.end(),
            [](const Name& a, const Name& b) { return a.inode < b.inode; });
        for (const auto& name : names) {
            if (!mayGoOn(level.owner)) return;
            if (!hasShare(level.owner)) {
                ++passed_.greedy;
                return;
            }
            entries_.spend(level.owner, 1);
            if (++seen > limits_.folderEntries) {
                ++passed_.crowded;
                return;
            }
            take(level, name, visitor);
        }
    }
}

void FolderWalk::walkAll(
    const std::vector<std::string>& folders, FileVisitor& visitor, Discovery& found)
{
    parts_ = 2 * folders.size();
    reserved_ = folders.size();
    for (const auto& folder : folders) {
        --reserved_;
        untilClock_ = 0;
        walk(folder, visitor, found);
    }
}

void FolderWalk::walk(const std::string& folder, FileVisitor& visitor, Discovery& found)
{
    // The folder itself was named by the administrator: it may be a link.
    const auto resolved = resolveLinks(folder);
    if (!resolved) return found.skip(resolved.error().message);
    const FileDescriptor root(::open(resolved->c_str(), folderFlags));
    struct stat facts {};
    if (!root || ::fstat(root.get(), &facts) != 0)
        return found.skip(folder + (errno == ENOTDIR ? ": is no folder"
                                                     : std::string(": ") + std::strerror(errno)));
    if (!entered_.insert(folderMark(facts))) return;
    passed_ = {};
    const auto path = resolved->string();
    enter({root.get(), facts.st_dev, 1, path == "/" ? "" : path, sharerOf(facts)}, visitor);
    tell(found, folder, passed_.links, "symbolic links were not followed");
    tell(found, folder, passed_.large,
        "files over " + std::to_string(limits_.fileBytes) + " bytes were not read");
    tell(found, folder, passed_.special, "FIFOs, sockets and devices were not opened");
    tell(found, folder, passed_.deep, "folders are nested too deep");
    tell(found, folder, passed_.foreign,
        "file systems of the kernel or the network were not entered");
    tell(found, folder, passed_.unreadable, "files or folders could not be read");
    tell(found, folder, passed_.greedy,
        "folders were not read to the end: their owners have had their share of the scan");
    tell(found, folder, passed_.crowded, "folders were read only in part: too many entries");
    if (passed_.stopped)
        found.skip(folder + ": not read to the end: too many files, bytes or seconds");
}

} // namespace perennial::plugins::files
