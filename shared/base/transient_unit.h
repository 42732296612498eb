#pragma once

#include "shared/base/process.h"

namespace perennial {

// Whether this process may have systemd run something: systemd is this host's init, and we are
// root.
bool canUseTransientUnits();

// The same program under systemd-run: a service of its own, outside the caller's sandbox, killed as
// a whole at the time limit. Input and output are the caller's. `program`'s environment is the
// command's. `settings` are further arguments of systemd-run.
Command asTransientUnit(const Command& command, const std::vector<std::string>& settings = {});

} // namespace perennial
