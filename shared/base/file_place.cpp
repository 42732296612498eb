#include "shared/base/file_place.h"

#include "shared/base/system_error.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace perennial {

namespace {

constexpr int passThrough = O_PATH | O_DIRECTORY | O_CLOEXEC; // needs no right to list

bool isLink(int folder, const char* name)
{
    struct stat facts {};
    return ::fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(facts.st_mode);
}

// As openat2 with RESOLVE_NO_SYMLINKS, one name at a time.
int walkWithoutLinks(const std::filesystem::path& folder)
{
    FileDescriptor here(::open(folder.is_absolute() ? "/" : ".", passThrough));
    for (const auto& name : folder.relative_path()) {
        if (name.empty() || !here) continue;
        FileDescriptor next(::openat(here.get(), name.c_str(), passThrough | O_NOFOLLOW));
        if (!next && errno == ENOTDIR && isLink(here.get(), name.c_str())) errno = ELOOP;
        const int code = errno;
        here = std::move(next); // closing may change errno
        errno = code;
    }
    return here.release();
}

int descend(const std::filesystem::path& folder, bool followLinks)
{
    open_how how{};
    how.flags = passThrough;
    how.resolve = RESOLVE_NO_MAGICLINKS | (followLinks ? 0U : RESOLVE_NO_SYMLINKS);
    const long fd = ::syscall(SYS_openat2, AT_FDCWD, folder.c_str(), &how, sizeof how);
    if (fd >= 0 || errno != ENOSYS) return static_cast<int>(fd);
    // systemd's RestrictSUIDSGID= takes openat2 away: a filter cannot look into its modes.
    return followLinks ? ::open(folder.c_str(), passThrough) : walkWithoutLinks(folder);
}

Result<FileDescriptor> openFolder(const std::filesystem::path& folder, bool followLinks)
{
    const int fd = descend(folder, followLinks);
    if (fd >= 0) return FileDescriptor(fd);
    const int code = errno;
    if (code == ELOOP && !followLinks) {
        return Error{ErrorKind::InvalidInput,
            "the path " + folder.string() + " goes through a symbolic link, which is refused"};
    }
    return systemError("cannot open folder " + folder.string(), code);
}

} // namespace

Error FilePlace::error(std::string_view what, int code) const
{
    if (code == ELOOP)
        return {ErrorKind::InvalidInput, path.string() + " is a symbolic link, which is refused"};
    return systemError(std::string(what) + " " + path.string(), code);
}

Status FilePlace::syncFolder() const
{
    const FileDescriptor opened(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || ::fsync(opened.get()) != 0) return error("cannot sync the folder of", errno);
    return {};
}

Result<FilePlace> placeOf(const std::filesystem::path& path, bool followLinks)
{
    const std::string& text = path.native();
    if (text.empty() || text.find('\0') != std::string::npos)
        return Error{ErrorKind::InvalidInput, "an empty path, or one with a zero byte"};
    std::string_view trimmed = text;
    while (trimmed.size() > 1 && trimmed.ends_with('/'))
        trimmed.remove_suffix(1);
    const auto slash = trimmed.rfind('/');
    std::string folder = ".";
    if (slash != std::string_view::npos) folder = trimmed.substr(0, slash + 1);
    std::string name(trimmed.substr(slash == std::string_view::npos ? 0 : slash + 1));
    if (name.empty()) name = "."; // the root itself
    if (name == "..") return Error{ErrorKind::InvalidInput, "the path " + text + " ends in \"..\""};

    auto opened = openFolder(folder, followLinks);
    if (!opened) return opened.error();
    return FilePlace{std::move(*opened), std::move(name), path};
}

} // namespace perennial
