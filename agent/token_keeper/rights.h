#pragma once

#include "shared/base/result.h"

namespace perennial::token_keeper {

// Before a foreign module is loaded: no capability is left, none can be had by starting a program,
// and memory, files and processor time are bounded. What the process's user may do, the module may
// do all the same.
Status giveUpRights();

} // namespace perennial::token_keeper
