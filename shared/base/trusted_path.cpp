#include "shared/base/trusted_path.h"

#include "shared/base/encoding.h"
#include "shared/base/file_system.h"
#include "shared/base/system_error.h"

#include <algorithm>
#include <cerrno>
#include <list>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial {

namespace fs = std::filesystem;

namespace {

Error untrusted(const fs::path& path, const std::string& why)
{
    return {ErrorKind::PermissionDenied, toPrintable(path.native()) + " " + why};
}

Status checkOwnerAndMode(const fs::path& path, const struct stat& found, uid_t self)
{
    if (found.st_uid != 0 && found.st_uid != self)
        return untrusted(path, "is owned by user " + std::to_string(found.st_uid) +
                                   ", who could change it; make root its owner");
    const bool sticky = S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX) != 0;
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
        return untrusted(path, "is writable by its group or by others; take that right away");
    return {};
}

} // namespace

Status checkSpelling(const fs::path& path)
{
    const std::string& text = path.native();
    const bool plain = std::all_of(text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
    if (!plain || text.size() > 1024 || !path.is_absolute() ||
        path.lexically_normal().native() != text || !path.has_filename() || !isValidUtf8(text))
        return Error{ErrorKind::InvalidInput,
            "\"" + toPrintable(text) +
                "\" is not an absolute path without \".\", \"..\" and doubled slashes"};
    return {};
}

namespace {

Status checkFolder(const fs::path& folder, uid_t self)
{
    struct stat found {};
    if (::lstat(folder.c_str(), &found) != 0)
        return systemError("cannot look at " + toPrintable(folder.native()), errno);
    if (S_ISLNK(found.st_mode))
        return untrusted(folder, "is a symbolic link; name the folder that it leads to");
    if (!S_ISDIR(found.st_mode)) return untrusted(folder, "is not a folder");
    return checkOwnerAndMode(folder, found, self);
}

// `self`: whom to trust besides root.
Status checkFoldersFor(const fs::path& path, uid_t self)
{
    fs::path folder;
    for (const auto& part : path.parent_path()) {
        folder /= part;
        if (auto status = checkFolder(folder, self); !status) return status;
    }
    return {};
}

// Where a symbolic link leads; nothing when it is none.
Result<std::optional<fs::path>> targetOf(const fs::path& path, uid_t self)
{
    struct stat found {};
    // What is not there is the reader's to say.
    if (::lstat(path.c_str(), &found) != 0 || !S_ISLNK(found.st_mode))
        return std::optional<fs::path>();
    if (found.st_uid != 0 && found.st_uid != self)
        return untrusted(path, "is a symbolic link of user " + std::to_string(found.st_uid) +
                                   ", who could lead it elsewhere");
    std::error_code failed;
    auto target = fs::read_symlink(path, failed);
    if (failed)
        return systemError("cannot read the link " + toPrintable(path.native()), failed.value());
    return std::optional(std::move(target));
}

Status checkFileFor(const fs::path& path, uid_t self)
{
    if (auto status = checkSpelling(path); !status) return status;
    if (auto status = checkFoldersFor(path, self); !status) return status;
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0)
        return systemError("cannot look at " + toPrintable(path.native()), errno);
    if (!S_ISREG(found.st_mode))
        return untrusted(path, "is not a regular file (symbolic links are refused)");
    return checkOwnerAndMode(path, found, self);
}

} // namespace

Status checkFolders(const fs::path& path) { return checkFoldersFor(path, ::geteuid()); }

Status checkWay(const fs::path& path)
{
    constexpr int mostLinks = 40; // as the kernel
    const auto self = ::geteuid();
    std::error_code failed;
    const auto whole = fs::absolute(path, failed);
    if (failed) return systemError("cannot tell where this runs", failed.value());
    std::list<fs::path> parts(whole.begin(), whole.end());
    fs::path here; // every link before it is resolved
    for (int links = 0; !parts.empty();) {
        const auto part = parts.front();
        parts.pop_front();
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            here = here.parent_path();
            continue;
        }
        const auto next = here / part;
        const auto target = targetOf(next, self);
        if (!target) return target.error();
        if (*target && ++links > mostLinks)
            return untrusted(path, "goes through too many symbolic links");
        if (*target) {
            parts.insert(parts.begin(), (*target)->begin(), (*target)->end());
            continue;
        }
        if (parts.empty()) return {};
        if (auto status = checkFolder(next, self); !status) return status;
        here = next;
    }
    return {};
}

Status checkFile(const fs::path& path) { return checkFileFor(path, ::geteuid()); }

Result<std::string> readRootFile(const fs::path& path, std::size_t limit)
{
    if (auto status = checkFileFor(path, 0); !status) return status.error();
    return PosixFileSystem(PosixFileSystem::Links::Refuse).read(path, limit);
}

Result<std::string> readTrustedFile(const fs::path& path, std::size_t limit)
{
    if (auto status = checkFile(path); !status) return status.error();
    return PosixFileSystem(PosixFileSystem::Links::Refuse).read(path, limit);
}

Status checkProgram(const fs::path& path)
{
    if (auto status = checkFile(path); !status) return status;
    if (::access(path.c_str(), X_OK) != 0) return untrusted(path, "may not be executed");
    return {};
}

} // namespace perennial
