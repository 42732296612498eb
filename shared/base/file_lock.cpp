#include "shared/base/file_lock.h"

#include "shared/base/file_place.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace perennial {

namespace {

Result<FileDescriptor> lock(const std::filesystem::path& path, int operation)
{
    auto place = placeOf(path, false);
    if (!place) return place.error();
    FileDescriptor file(::openat(place->folder.get(), place->name.c_str(),
        O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) return place->error("cannot open", errno);
    while (::flock(file.get(), operation) != 0) {
        if (errno == EWOULDBLOCK)
            return Error{ErrorKind::Conflict, path.string() + " is locked by somebody else"};
        if (errno != EINTR) return place->error("cannot lock", errno);
    }
    return file;
}

} // namespace

Result<FileDescriptor> lockFile(const std::filesystem::path& path, LockKind kind)
{
    return lock(path, kind == LockKind::Shared ? LOCK_SH : LOCK_EX);
}

Result<FileDescriptor> tryLockFile(const std::filesystem::path& path)
{
    return lock(path, LOCK_EX | LOCK_NB);
}

} // namespace perennial
