#include "shared/sql/database_file.h"

#include "shared/base/encoding.h"
#include "shared/base/file_descriptor.h"
#include "shared/sql/sqlite_error.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace perennial::sql {

namespace {

Status syncOpened(const std::string& path, int flags)
{
    const FileDescriptor opened(::open(path.c_str(), flags | O_CLOEXEC));
    if (!opened || ::fsync(opened.get()) != 0) return errorFromErrno(errno, path, "sync");
    return {};
}

Status syncFolderOf(const std::string& file)
{
    return syncOpened(std::filesystem::path(file).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

Status checkPresent(const std::string& file, IfThere ifThere)
{
    if (ifThere == IfThere::Refuse)
        return Error{
            ErrorKind::Conflict, toPrintable(file) + ": is there already; name a file that is not"};
    struct stat facts = {};
    if (::lstat(file.c_str(), &facts) != 0) return errorFromErrno(errno, file, "inspect");
    if (!S_ISREG(facts.st_mode))
        return Error{ErrorKind::InvalidInput,
            toPrintable(file) + ": is not a regular file (a link or a folder?)"};
    return {};
}

} // namespace

Status makeFile(const std::string& file, IfThere ifThere)
{
    const FileDescriptor made(::open(
        file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (made) return syncFolderOf(file);
    if (errno == EEXIST) return checkPresent(file, ifThere);
    return errorFromErrno(errno, file, "create");
}

Status syncFile(const std::string& file)
{
    if (auto synced = syncOpened(file, O_RDONLY | O_NOFOLLOW); !synced) return synced;
    return syncFolderOf(file);
}

void removeFile(const std::string& file) { ::unlink(file.c_str()); }

} // namespace perennial::sql
