#pragma once

#include "agent/installer/guard.h"
#include "shared/base/process.h"

namespace perennial::installer {

// Does what the guard file says; nothing of it comes from a message. A program is checked each
// time: only root and the installer's own user may be able to change it. The output is printable,
// at most 4 KB, of both streams.
Result<Finished> runAction(const Action& action);
// The same look at its programs, before anything has changed.
Status checkAction(const Action& action);

} // namespace perennial::installer
