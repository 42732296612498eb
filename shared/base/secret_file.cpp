#include "shared/base/secret_file.h"

#include "shared/base/encoding.h"
#include "shared/base/file_place.h"
#include "shared/base/system_error.h"
#include "shared/base/trusted_path.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial {

namespace fs = std::filesystem;

namespace {

std::string printed(const fs::path& path) { return toPrintable(path.native(), 300); }

} // namespace

Status checkSecrecy(int descriptor, const std::string& what)
{
    struct stat found {};
    if (::fstat(descriptor, &found) != 0) return systemError("cannot look at " + what, errno);
    if (found.st_uid != 0 && found.st_uid != ::geteuid())
        return Error{ErrorKind::PermissionDenied,
            what + " is owned by user " + std::to_string(found.st_uid) + ", who could change it"};
    if ((found.st_mode & 077U) != 0)
        return Error{ErrorKind::PermissionDenied, what + " can be read by others: chmod 600 it"};
    return {};
}

Result<Secret> readSecret(int descriptor, const std::string& what, std::size_t limit)
{
    std::string text(limit + 1, '\0'); // one more to see that it is too long
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto got = ::read(descriptor, text.data() + filled, text.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return systemError("cannot read " + what, errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    Secret secret(std::move(text));
    if (filled > limit)
        return Error{
            ErrorKind::InvalidInput, what + " is over " + std::to_string(limit) + " bytes"};
    return secret;
}

Result<Secret> secretLine(const Secret& whole, const std::string& what)
{
    auto line = whole.reveal();
    if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) return Error{ErrorKind::InvalidInput, what + " is empty"};
    if (line.size() > secretLineLimit)
        return Error{ErrorKind::InvalidInput,
            what + " is over " + std::to_string(secretLineLimit) + " bytes"};
    if (line.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
        return Error{ErrorKind::InvalidInput, what + " is more than one line of text"};
    return Secret(std::string(line));
}

Result<FileDescriptor> openSecretFile(const fs::path& path)
{
    if (auto way = checkWay(path); !way) return way.error();
    const auto place = placeOf(path, true);
    if (!place) return place.error();
    auto file = openRegular(*place, O_RDONLY);
    if (!file) return file.error();
    if (auto secret = checkSecrecy(file->get(), printed(path)); !secret) return secret.error();
    return file;
}

Result<Secret> readSecretFile(const fs::path& path, std::size_t limit)
{
    const auto file = openSecretFile(path);
    if (!file) return file.error();
    return readSecret(file->get(), printed(path), limit);
}

Result<Secret> readSecretLine(const fs::path& path)
{
    const auto whole = readSecretFile(path, secretLineLimit + 2); // and its end
    if (!whole) return whole.error();
    return secretLine(*whole, printed(path));
}

} // namespace perennial
