#include "shared/base/credential.h"

#include "shared/base/encoding.h"
#include "shared/base/file_place.h"
#include "shared/base/kernel_keyring.h"
#include "shared/base/system_error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t lineLimit = 4096;
constexpr std::size_t nameLimit = 255;

Error refusal(ErrorKind kind, const std::string& what, const std::string& why)
{
    return {kind, what + " " + why};
}

// systemd shows the right of a service's user as the group's, where it gave it by an access list:
// then file and group are root's.
Status checkSecrecy(const std::string& what, const struct stat& found, CredentialSource::Kind kind)
{
    if (found.st_uid != 0 && found.st_uid != ::geteuid())
        return refusal(ErrorKind::PermissionDenied, what,
            "is owned by user " + std::to_string(found.st_uid) + ", who could change it");
    const bool byList = kind == CredentialSource::Kind::Service && found.st_uid == 0 &&
                        found.st_gid == 0 && (found.st_mode & 077U) == S_IRGRP;
    if ((found.st_mode & 077U) != 0 && !byList)
        return refusal(ErrorKind::PermissionDenied, what, "can be read by others: chmod 600 it");
    return {};
}

// What is judged is the opened file, not what the path leads to a moment later.
Result<Secret> readFile(const fs::path& path, CredentialSource::Kind kind)
{
    const auto what = toPrintable(path.native(), 300);
    const auto place = placeOf(path, true);
    if (!place) return place.error();
    const auto file = openRegular(*place, O_RDONLY);
    if (!file) return file.error();
    struct stat found {};
    if (::fstat(file->get(), &found) != 0) return systemError("cannot look at " + what, errno);
    if (auto secret = checkSecrecy(what, found, kind); !secret) return secret.error();
    std::string text(lineLimit + 3, '\0'); // its end, and one more to see that it is too long
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto got = ::read(file->get(), text.data() + filled, text.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return systemError("cannot read " + what, errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return Secret(std::move(text));
}

Result<Secret> readServiceCredential(const std::string& name, const fs::path& folder)
{
    if (folder.empty())
        return Error{ErrorKind::NotFound,
            "this process was given no credentials: run it as a systemd service with "
            "LoadCredential=, or name a file"};
    if (name.empty() || name.size() > nameLimit || name == "." || name == ".." ||
        name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
        return Error{ErrorKind::InvalidInput,
            "no credential can be named \"" + toPrintable(name, 100) + "\": a file name is one"};
    return readFile(folder / name, CredentialSource::Kind::Service);
}

Result<Secret> oneLine(Secret whole, const std::string& what)
{
    auto line = whole.reveal();
    if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) return refusal(ErrorKind::InvalidInput, what, "is empty");
    if (line.size() > lineLimit)
        return refusal(
            ErrorKind::InvalidInput, what, "is over " + std::to_string(lineLimit) + " bytes");
    if (line.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
        return refusal(ErrorKind::InvalidInput, what, "is more than one line of text");
    return Secret(std::string(line));
}

} // namespace

Result<Secret> readCredential(const CredentialSource& source, const fs::path& folder)
{
    using Kind = CredentialSource::Kind;
    const auto what =
        (source.kind == Kind::Keyring ? "kernel key " : "") + toPrintable(source.name, 300);
    auto text = source.kind == Kind::Keyring   ? readKernelKey(source.name, lineLimit)
                : source.kind == Kind::Service ? readServiceCredential(source.name, folder)
                                               : readFile(source.name, source.kind);
    if (!text) return text.error();
    return oneLine(*std::move(text), what);
}

} // namespace perennial
