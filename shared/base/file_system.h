#pragma once

#include "shared/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace perennial {

struct FileAttributes {
    mode_t mode = 0600;
    std::optional<uid_t> owner = {}; // unset: the process's own
    std::optional<gid_t> group = {};
    // Takes this file's POSIX access control list, as far as `mode` allows, and its SELinux label.
    std::filesystem::path likeFile = {};
};

struct FileFacts {
    enum class Type { Regular, Folder, Link, Other };
    Type type;
    mode_t mode; // permission bits only
    uid_t owner;
    gid_t group;
    std::uint64_t size;
    std::uint64_t links;
    std::uint64_t inode;
    std::uint64_t device;
    std::int64_t changedNanoseconds; // mtime
};

// The disk as the product needs it. Every call that changes the disk is one virtual function, so
// that tests can fail it or die before and after it. Links are never followed in the last
// component.
class FileSystem {
public:
    virtual ~FileSystem() = default;

    // Refuses what is not a regular file, and files over `limit` bytes.
    virtual Result<std::string> read(
        const std::filesystem::path& path, std::size_t limit = defaultLimit) const = 0;
    // Up to `count` bytes from `offset` on; fewer, or none, where the file ends.
    virtual Result<std::string> readPart(
        const std::filesystem::path& path, std::uint64_t offset, std::size_t count) const;
    virtual Result<FileFacts> inspect(const std::filesystem::path& path) const = 0; // lstat
    // Where a symbolic link leads, as it is written there; InvalidInput for what is none.
    virtual Result<std::string> readLink(const std::filesystem::path& path) const;
    // Names in byte order, without "." and "..".
    virtual Result<std::vector<std::string>> list(const std::filesystem::path& folder) const = 0;

    // After a crash the file holds either the old content or the new, never a mix: temporary file
    // with a random name (O_EXCL), attributes before content, fsync, rename, fsync of the folder.
    // Refuses to take the place of anything but a regular file.
    virtual Status replace(const std::filesystem::path& path, std::string_view content,
        const FileAttributes& attributes = {}) = 0;
    // Makes a missing file with mode 0600; ends with fsync. What fits only in part is taken back.
    virtual Status append(const std::filesystem::path& path, std::string_view content) = 0;
    // Cuts the file's end off, + fsync; never makes it longer.
    virtual Status truncate(const std::filesystem::path& path, std::uint64_t size);
    virtual Status rename(
        const std::filesystem::path& from, const std::filesystem::path& to) = 0; // + fsync folder
    // A hard link; Conflict when `to` is there already.
    virtual Status link(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    // A symbolic link with this text; Conflict when `path` is there already.
    virtual Status makeLink(const std::string& target, const std::filesystem::path& path);
    // Of a folder; + fsync.
    virtual Status setAttributes(
        const std::filesystem::path& folder, const FileAttributes& attributes);
    // A file, a link itself, or an empty folder. What is not there counts as done.
    virtual Status remove(const std::filesystem::path& path) = 0;
    // With its parents, whatever the umask; a folder that is there already is left as it is.
    virtual Status makeFolder(const std::filesystem::path& path, mode_t mode = 0700) = 0;

    static constexpr std::size_t defaultLimit = 16U << 20U;
};

// Whether a folder's entry is what a crash in the middle of replace() left behind.
bool isTemporaryName(std::string_view name);

class PosixFileSystem final : public FileSystem {
public:
    enum class Links {
        Follow,
        Refuse
    }; // in any component but the last (openat2 RESOLVE_NO_SYMLINKS)
    explicit PosixFileSystem(Links links = Links::Follow) : links_(links) {}

    Result<std::string> read(
        const std::filesystem::path& path, std::size_t limit = defaultLimit) const override;
    Result<std::string> readPart(
        const std::filesystem::path& path, std::uint64_t offset, std::size_t count) const override;
    Result<FileFacts> inspect(const std::filesystem::path& path) const override;
    Result<std::string> readLink(const std::filesystem::path& path) const override;
    Result<std::vector<std::string>> list(const std::filesystem::path& folder) const override;
    Status replace(const std::filesystem::path& path, std::string_view content,
        const FileAttributes& attributes = {}) override;
    Status append(const std::filesystem::path& path, std::string_view content) override;
    Status truncate(const std::filesystem::path& path, std::uint64_t size) override;
    Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Status link(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Status makeLink(const std::string& target, const std::filesystem::path& path) override;
    Status setAttributes(
        const std::filesystem::path& folder, const FileAttributes& attributes) override;
    Status remove(const std::filesystem::path& path) override;
    Status makeFolder(const std::filesystem::path& path, mode_t mode = 0700) override;

private:
    Links links_;
};

} // namespace perennial
