#pragma once

#include "plugins/files_discovery/file_content.h"
#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <vector>

namespace perennial::plugins::files {

struct ReadFile {
    std::string path;
    std::uint64_t size;
    const FileContent* content;
};

// Which certificates are slots, with which keys, and which are only found, and why. Pure. `files`
// in the order of their paths.
void sortOut(const std::vector<ReadFile>& files, Discovery& found);

} // namespace perennial::plugins::files
