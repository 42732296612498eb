#pragma once

#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <filesystem>
#include <string>

namespace perennial {

// Where an administrator left a password for a program: never in an argument, nor in the
// environment.
struct CredentialSource {
    enum class Kind {
        File,    // `name` is its path
        Service, // systemd's LoadCredential= and its like: a file in $CREDENTIALS_DIRECTORY
        Keyring, // a key of type "user" in the kernel's keyring
    };
    Kind kind = Kind::File;
    std::string name;
};

// One line of text, without its line end, at most 4096 bytes. InvalidInput: empty, of several
// lines, too long, or a name that cannot be one. PermissionDenied: others than its owner may read
// it, or its owner is neither root nor this process's user. NotFound.
// `folder`: of service credentials (systemd.exec(5)); empty: this process was given none.
Result<Secret> readCredential(const CredentialSource& source, const std::filesystem::path& folder);

} // namespace perennial
