// The changes of PosixFileSystem that move names about and write no content.

#include "shared/base/file_attributes.h"
#include "shared/base/file_system.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial {

namespace fs = std::filesystem;

namespace {

Error noLinks() { return {ErrorKind::Internal, "this disk has no symbolic links"}; }

} // namespace

Result<std::string> FileSystem::readLink(const fs::path&) const { return noLinks(); }
Status FileSystem::makeLink(const std::string&, const fs::path&) { return noLinks(); }
Status FileSystem::setAttributes(const fs::path&, const FileAttributes&) { return noLinks(); }

Result<std::string> PosixFileSystem::readLink(const fs::path& path) const
{
    auto place = placeOf(path, links_ == Links::Follow);
    if (!place) return place.error();
    std::string target(4096, '\0');
    const auto size =
        ::readlinkat(place->folder.get(), place->name.c_str(), target.data(), target.size());
    if (size < 0 && errno == EINVAL)
        return Error{ErrorKind::InvalidInput, path.string() + " is no symbolic link"};
    if (size < 0) return place->error("cannot read the symbolic link", errno);
    target.resize(static_cast<std::size_t>(size));
    return target;
}

Status PosixFileSystem::rename(const fs::path& from, const fs::path& to)
{
    auto source = placeOf(from, links_ == Links::Follow);
    if (!source) return source.error();
    auto target = placeOf(to, links_ == Links::Follow);
    if (!target) return target.error();
    if (::renameat(source->folder.get(), source->name.c_str(), target->folder.get(),
            target->name.c_str()) != 0)
        return source->error("cannot rename to " + to.string() + " the file", errno);
    if (auto synced = target->syncFolder(); !synced) return synced;
    return from.parent_path() == to.parent_path() ? Status() : source->syncFolder();
}

Status PosixFileSystem::link(const fs::path& from, const fs::path& to)
{
    auto source = placeOf(from, links_ == Links::Follow);
    if (!source) return source.error();
    auto target = placeOf(to, links_ == Links::Follow);
    if (!target) return target.error();
    if (::linkat(source->folder.get(), source->name.c_str(), target->folder.get(),
            target->name.c_str(), 0) != 0)
        return source->error("cannot link to " + to.string() + " the file", errno);
    return target->syncFolder();
}

Status PosixFileSystem::makeLink(const std::string& target, const fs::path& path)
{
    auto place = placeOf(path, links_ == Links::Follow);
    if (!place) return place.error();
    if (::symlinkat(target.c_str(), place->folder.get(), place->name.c_str()) != 0)
        return place->error("cannot make the symbolic link", errno);
    return place->syncFolder();
}

Status PosixFileSystem::setAttributes(const fs::path& folder, const FileAttributes& attributes)
{
    auto place = placeOf(folder, links_ == Links::Follow);
    if (!place) return place.error();
    const FileDescriptor opened(::openat(
        place->folder.get(), place->name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) return place->error("cannot open the folder", errno);
    if (auto status = applyAttributes(*place, opened.get(), attributes); !status) return status;
    if (::fsync(opened.get()) != 0) return place->error("cannot sync", errno);
    return {};
}

Status PosixFileSystem::remove(const fs::path& path)
{
    auto place = placeOf(path, links_ == Links::Follow);
    if (!place) return place.error().kind == ErrorKind::NotFound ? Status() : place.error();
    int failed = 0;
    if (::unlinkat(place->folder.get(), place->name.c_str(), 0) != 0) failed = errno;
    if (failed == EISDIR) {
        failed = 0;
        if (::unlinkat(place->folder.get(), place->name.c_str(), AT_REMOVEDIR) != 0) failed = errno;
    }
    if (failed == ENOENT) return {};
    if (failed != 0) return place->error("cannot remove", failed);
    return place->syncFolder();
}

Status PosixFileSystem::makeFolder(const fs::path& path, mode_t mode)
{
    auto place = placeOf(path, links_ == Links::Follow);
    if (!place && place.error().kind == ErrorKind::NotFound && path.has_parent_path() &&
        path.parent_path() != path) {
        if (auto parent = makeFolder(path.parent_path(), mode); !parent) return parent;
        place = placeOf(path, links_ == Links::Follow);
    }
    if (!place) return place.error();

    const bool made = ::mkdirat(place->folder.get(), place->name.c_str(), mode) == 0;
    if (!made && errno != EEXIST) return place->error("cannot make the folder", errno);
    const FileDescriptor folder(::openat(
        place->folder.get(), place->name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return place->error("cannot open the folder", errno);
    if (!made) return {};
    if (::fchmod(folder.get(), mode) != 0) // whatever the umask is
        return place->error("cannot set the mode of", errno);
    if (::fsync(folder.get()) != 0) return place->error("cannot sync", errno);
    return place->syncFolder();
}

} // namespace perennial
