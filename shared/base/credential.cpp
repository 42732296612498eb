#include "shared/base/credential.h"

#include "shared/base/encoding.h"
#include "shared/base/file_place.h"
#include "shared/base/kernel_keyring.h"
#include "shared/base/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace perennial {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t nameLimit = 255;

// systemd shows the right of a service's user as the group's, where it gave it by an access list:
// then file and group are root's.
bool isGivenByList(int descriptor)
{
    struct stat found {};
    return ::fstat(descriptor, &found) == 0 && found.st_uid == 0 && found.st_gid == 0 &&
           (found.st_mode & 077U) == S_IRGRP;
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
    const auto path = folder / name;
    const auto what = toPrintable(path.native(), 300);
    const auto place = placeOf(path, true);
    if (!place) return place.error();
    const auto file = openRegular(*place, O_RDONLY);
    if (!file) return file.error();
    if (!isGivenByList(file->get())) {
        if (auto secret = checkSecrecy(file->get(), what); !secret) return secret.error();
    }
    return readSecret(file->get(), what, secretLineLimit + 2); // and the line's end
}

} // namespace

Result<Secret> readCredential(const CredentialSource& source, const fs::path& folder)
{
    using Kind = CredentialSource::Kind;
    if (source.kind == Kind::File) return readSecretLine(source.name);
    const auto what =
        (source.kind == Kind::Keyring ? "kernel key " : "") + toPrintable(source.name, 300);
    const auto text = source.kind == Kind::Keyring ? readKernelKey(source.name, secretLineLimit)
                                                   : readServiceCredential(source.name, folder);
    if (!text) return text.error();
    return secretLine(*text, what);
}

} // namespace perennial
