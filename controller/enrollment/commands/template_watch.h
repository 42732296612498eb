#pragma once

#include "controller/enrollment/storage/enrollment_store.h"
#include "controller/enrollment/templates/held_templates.h"
#include "shared/base/log.h"

namespace perennial::enrollment::server {

// What is told of templates: at start each as loaded (4898) and what is risky about it; after that
// each change (4899), or that a folder was refused.
Status tellLoaded(
    const HeldTemplates& templates, EnrollmentStore& store, TimePoint now, const Log& log);
// Reads the folder again. An error is of the store; a folder that is refused is told, no more.
Status reloadTemplates(HeldTemplates& templates, const std::string& folder, EnrollmentStore& store,
    TimePoint now, const Log& log);

} // namespace perennial::enrollment::server
