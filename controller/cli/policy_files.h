#pragma once

#include "shared/base/file_system.h"
#include "shared/base/result.h"
#include "shared/model/policy.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::cli {

struct PolicyFiles {
    std::vector<model::PolicyDocument> documents; // paths relative to the folder they were found in
    std::map<std::string, std::string> written;   // document path -> as the user would open it
};

// The documents that a controller would read if these folders and files were the repository: *.yaml
// in any folder that does not begin with a dot. InvalidInput names what cannot be read.
Result<PolicyFiles> collectPolicyFiles(
    const FileSystem& files, const std::vector<std::string>& paths);

} // namespace perennial::cli
