#pragma once

#include "shared/base/json.h"

namespace perennial::plugins {

// RFC 5424 6.2.1, from 1 (alert) to 6 (informational): what the kind says, else the outcome.
int severityOf(const Json& event);

} // namespace perennial::plugins
