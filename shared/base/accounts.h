#pragma once

#include "shared/base/result.h"

#include <string>
#include <sys/types.h>

namespace perennial {

// A host's accounts by name, or by number whether or not anybody has it. NotFound for other names.
Result<uid_t> findUser(const std::string& nameOrNumber);
Result<gid_t> findGroup(const std::string& nameOrNumber);

} // namespace perennial
