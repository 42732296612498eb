#pragma once

#include "shared/base/result.h"

#include <string_view>

namespace perennial {

// What errno said, as an Error: the kind from the code, the message "<what>: <the system's text>".
// Call with errno before anything else can change it.
Error systemError(std::string_view what, int code);

} // namespace perennial
