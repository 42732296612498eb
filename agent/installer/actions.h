#pragma once

#include "agent/installer/guard.h"
#include "shared/base/result.h"

#include <string>

namespace perennial::installer {

struct ActionOutcome {
    int status = 0;     // 0: it worked
    std::string output; // printable, at most 4 KB
};

// Does what the guard file says; nothing of it comes from a message. A program is checked each
// time: only root and the installer's own user may be able to change it.
Result<ActionOutcome> runAction(const Action& action);

} // namespace perennial::installer
