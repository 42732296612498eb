#pragma once

#include "controller/enrollment/templates/held_templates.h"
#include "shared/base/json.h"

namespace perennial::enrollment::server {

// GET /v1/templates: what the service holds, with the flag words and the risks of each.
Json templateList(const TemplateSet& set);

} // namespace perennial::enrollment::server
