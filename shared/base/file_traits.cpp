#include "shared/base/file_traits.h"

#include "shared/base/file_place.h"
#include "shared/base/system_error.h"

#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

namespace perennial {

Result<bool> isImmutable(const std::filesystem::path& file)
{
    auto opened = openToRead(file);
    if (!opened) return opened.error();
    unsigned flags = 0; // an int, whatever the macro's long says
    if (::ioctl(opened->get(), FS_IOC_GETFLAGS, &flags) != 0) return false;
    return (flags & static_cast<unsigned>(FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0;
}

Status tryWriting(FileSystem& files, const std::filesystem::path& file, std::size_t size,
    const FileAttributes& attributes)
{
    Status written = files.replace(file, std::string(size, '0'), attributes);
    Status removed = files.remove(file);
    return written ? removed : written;
}

bool isOnNetwork(const std::filesystem::path& path)
{
    struct statfs found {};
    if (::statfs(path.c_str(), &found) != 0) return false;
    const auto type = static_cast<std::uint32_t>(found.f_type);
    return type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == SMB2_SUPER_MAGIC ||
           type == CIFS_SUPER_MAGIC || type == FUSE_SUPER_MAGIC;
}

Result<std::filesystem::path> resolveLinks(const std::filesystem::path& path)
{
    std::error_code problem;
    auto resolved = std::filesystem::canonical(path, problem);
    if (problem) return systemError(path.string(), problem.value());
    return resolved;
}

} // namespace perennial
