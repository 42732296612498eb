#pragma once

#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <string>

namespace perennial {

// The payload of a key of type "user" (keyrings(7)), as `keyctl add user NAME ... @u` or @s leaves
// it: looked for in the session keyring, then in the one of the user. PermissionDenied unless it
// belongs to root or to this process's user and gives nobody else more than the sight of it.
// NotFound, InvalidInput (over `limit` bytes, or a name that cannot be one).
Result<Secret> readKernelKey(const std::string& name, std::size_t limit);

} // namespace perennial
