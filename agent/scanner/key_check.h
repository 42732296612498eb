#pragma once

#include "shared/base/file_system.h"
#include "shared/x509/certificate.h"

#include <string>
#include <vector>

namespace perennial::scanner {

// Who may read the file, how many names it has, whether a crash may lose its renames.
std::vector<std::string> checkKeyFile(const FileSystem& files, const std::string& path);

// Warnings about a key file: who may read it, how many names it has, whether it belongs to the
// certificate. The key is parsed, compared and wiped; nothing of it is in the answer.
std::vector<std::string> checkKey(
    const FileSystem& files, const std::string& path, const x509::Certificate& leaf);

} // namespace perennial::scanner
