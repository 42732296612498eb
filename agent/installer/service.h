#pragma once

#include "shared/base/result.h"

#include <string>

namespace perennial::installer {

Status checkConfig(const std::string& guardFile);

// Listens on the guard's socket, or on those that systemd passed, until SIGTERM. Whatever reads the
// guard file or a message does so in a child: the process that waits stays small. A changed guard
// file counts from the next connection on.
Status serve(const std::string& guardFile);

} // namespace perennial::installer
