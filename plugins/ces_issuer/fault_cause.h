#pragma once

#include "shared/enrollment/soap/fault.h"
#include "shared/plugin_api/issuer.h"

namespace perennial::plugins {

// What a fault means for the renewal, by HRESULT and structure, never by its text: a denial is an
// answer, everything else is an error whose kind says whether to come again.
Result<IssueOutcome> outcomeOf(const enrollment::soap::Fault& fault);

} // namespace perennial::plugins
