#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace perennial {

// A file that holds a password, a token, a PIN, a keytab or a private key: a regular one, no link,
// root's or this process's user's, and closed to all others. What is judged is the opened file, not
// what the path leads to a moment later; nobody but the two may change where the path leads
// (checkWay). PermissionDenied says what to do.
Result<FileDescriptor> openSecretFile(const std::filesystem::path& path);
// The whole of it; InvalidInput when it is over `limit` bytes.
Result<Secret> readSecretFile(const std::filesystem::path& path, std::size_t limit);
// One line of text, without its line end, 1 to 4096 bytes.
Result<Secret> readSecretLine(const std::filesystem::path& path);

// The same for what was opened in another way; `what` is for messages.
Status checkSecrecy(int descriptor, const std::string& what);
Result<Secret> readSecret(int descriptor, const std::string& what, std::size_t limit);
inline constexpr std::size_t secretLineLimit = 4096;
Result<Secret> secretLine(const Secret& whole, const std::string& what);

} // namespace perennial
