// Parts of files: for files that grow, such as logs.

#include "shared/base/file_place.h"
#include "shared/base/file_system.h"

#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial {

namespace fs = std::filesystem;

namespace {

Error longerThanFile(const fs::path& path, std::uint64_t size)
{
    return {ErrorKind::InvalidInput,
        path.string() + " is shorter than the " + std::to_string(size) + " bytes to keep of it"};
}

} // namespace

Result<std::string> FileSystem::readPart(
    const fs::path& path, std::uint64_t offset, std::size_t count) const
{
    auto whole = read(path, std::numeric_limits<std::size_t>::max() / 2);
    if (!whole) return whole.error();
    if (offset >= whole->size()) return std::string();
    return whole->substr(static_cast<std::size_t>(offset), count);
}

Status FileSystem::truncate(const fs::path& path, std::uint64_t size)
{
    auto whole = read(path, std::numeric_limits<std::size_t>::max() / 2);
    if (!whole) return whole.error();
    if (size > whole->size()) return longerThanFile(path, size);
    return replace(path, std::string_view(*whole).substr(0, static_cast<std::size_t>(size)));
}

Result<std::string> PosixFileSystem::readPart(
    const fs::path& path, std::uint64_t offset, std::size_t count) const
{
    auto place = placeOf(path, links_ == Links::Follow);
    if (!place) return place.error();
    auto file = openRegular(*place, O_RDONLY);
    if (!file) return file.error();
    std::string content(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = ::pread(file->get(), content.data() + filled, count - filled,
            static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return place->error("cannot read", errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    content.resize(filled);
    return content;
}

Status PosixFileSystem::truncate(const fs::path& path, std::uint64_t size)
{
    auto place = placeOf(path, links_ == Links::Follow);
    if (!place) return place.error();
    auto file = openRegular(*place, O_WRONLY);
    if (!file) return file.error();
    struct stat found {};
    if (::fstat(file->get(), &found) != 0) return place->error("cannot inspect", errno);
    if (size > static_cast<std::uint64_t>(found.st_size)) return longerThanFile(path, size);
    if (::ftruncate(file->get(), static_cast<off_t>(size)) != 0)
        return place->error("cannot cut", errno);
    if (::fsync(file->get()) != 0) return place->error("cannot sync", errno);
    return {};
}

} // namespace perennial
