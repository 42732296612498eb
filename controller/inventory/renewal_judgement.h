#pragma once

#include "shared/base/clock.h"
#include "shared/sql/database.h"

namespace perennial::controller {

// Renewals that the authority made, each decided as soon as it can be. Only an order explains one:
// placed here, or told by the agent of a slot that is known to have had the old certificate, and
// with the new certificate's key and number. That an agent has the new certificate explains
// nothing: so would a thief's. `grace`: how long after the authority told of it an agent may take.
// How many were told as certificate.unexplained.
Result<int> judgeRenewals(sql::Database& database, Duration grace, PreciseTime now);

} // namespace perennial::controller
