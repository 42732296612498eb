#pragma once

#include "agent/enroller/enroller_task.h"

namespace perennial::agent {

// Asks the installer for the slot's key and the order's new key; they come as descriptors, never as
// a path.
Result<RenewalMaterial> borrowKeys(const EnrollerTask& task);
// The new key alone, for an enrolment.
Result<std::shared_ptr<const x509::PrivateKey>> borrowNewKey(const EnrollerTask& task);

} // namespace perennial::agent
