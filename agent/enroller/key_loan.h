#pragma once

#include "agent/enroller/enroller_task.h"

namespace perennial::agent {

// Asks the installer for the slot's key and the order's new key; they come as descriptors, never as
// a path.
Result<RenewalMaterial> borrowKeys(const EnrollerTask& task);

} // namespace perennial::agent
