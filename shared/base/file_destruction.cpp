#include "shared/base/file_destruction.h"

#include "shared/base/file_place.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial {

namespace {

// As well as it goes: the name is removed whether or not this works.
void overwrite(const std::filesystem::path& path)
{
    auto place = placeOf(path, false);
    if (!place) return;
    auto file = openRegular(*place, O_WRONLY);
    struct stat found {};
    if (!file || ::fstat(file->get(), &found) != 0 || found.st_nlink != 1) return;
    constexpr std::array<char, 4096> zeros{};
    for (off_t at = 0; at < found.st_size;) {
        const auto count = std::min<off_t>(zeros.size(), found.st_size - at);
        const auto written =
            ::pwrite(file->get(), zeros.data(), static_cast<std::size_t>(count), at);
        if (written <= 0) return;
        at += written;
    }
    ::fsync(file->get());
}

} // namespace

Status destroyFile(FileSystem& files, const std::filesystem::path& path)
{
    overwrite(path);
    return files.remove(path);
}

Status destroyTemporaries(FileSystem& files, const std::filesystem::path& folder)
{
    auto names = files.list(folder);
    if (!names) return names.error();
    for (const auto& name : *names) {
        if (!isTemporaryName(name)) continue;
        if (auto status = destroyFile(files, folder / name); !status) return status;
    }
    return {};
}

} // namespace perennial
