#pragma once

#include "plugins/files_discovery/file_content.h"
#include "shared/base/accounts.h"
#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <vector>

namespace perennial::plugins::files {

struct ReadFile {
    std::string path;
    std::uint64_t size;
    const FileContent* content;
    FileReaders readers = {};
    bool inOpenFolder = false; // where everybody may put files
};

// Which certificates are slots, with which keys, and which are only found, and why. `files` in the
// order of their paths; of the host only its lists of accounts are read. Files of users other than
// root come last, and each user has his share of what there is room for.
void sortOut(const std::vector<ReadFile>& files, Discovery& found);

} // namespace perennial::plugins::files
