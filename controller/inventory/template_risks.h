#pragma once

#include "shared/base/clock.h"
#include "shared/base/json.h"
#include "shared/sql/database.h"

#include <string>

namespace perennial::controller {

// Takes what the watched enrolment service tells of its templates: `template.loaded`,
// `template.updated`, `template.removed` and `templates.refused`, and writes an `esc.flag` for each
// way to misuse one that is new. A service that starts again tells of its templates again, this
// does not. How many were written; other kinds are nothing to it.
Result<int> takeTemplateRisks(
    sql::Session& session, const std::string& kind, const Json& details, PreciseTime now);

} // namespace perennial::controller
