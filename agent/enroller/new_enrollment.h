#pragma once

#include "agent/enroller/enroller_task.h"

namespace perennial::agent {

// One step of an enrolment for an order, by the host's own credential and with the order's new key.
// The task has an enrollment.
EnrollerOutcome enrollAnew(const EnrollerTask& task, Issuer& issuer);

} // namespace perennial::agent
