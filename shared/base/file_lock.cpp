#include "shared/base/file_lock.h"

#include "shared/base/file_place.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace perennial {

Result<FileDescriptor> lockFile(const std::filesystem::path& path, LockKind kind)
{
    auto place = placeOf(path, false);
    if (!place) return place.error();
    FileDescriptor file(::openat(place->folder.get(), place->name.c_str(),
        O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) return place->error("cannot open", errno);
    while (::flock(file.get(), kind == LockKind::Shared ? LOCK_SH : LOCK_EX) != 0) {
        if (errno != EINTR) return place->error("cannot lock", errno);
    }
    return file;
}

} // namespace perennial
