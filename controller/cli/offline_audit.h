#pragma once

#include "controller/cli/context.h"

namespace perennial::cli {

// What can be done with the folder of an audit log, without a controller.
Status verifyAudit(const Context& context);
Status proveEvent(const Context& context);
Status proveGrowth(const Context& context);

} // namespace perennial::cli
