#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/enrollment_config.h"
#include "controller/enrollment/templates/certificate_template.h"
#include "shared/enrollment/xcep/get_policies.h"
#include "shared/enrollment/xcep/policy_answer.h"

namespace perennial::enrollment::server {

// What CEP answers a caller: the templates it may enrol for or, at a key-based-renewal provider,
// renew.
struct PolicyProvider {
    const PolicyProviderSettings& settings;
    const EnrollmentConfig& config;
    const Templates& templates;
    const x509::Certificate& authority;
    TimePoint templatesChangedAt;
};

Result<xcep::PolicyAnswer> answerGetPolicies(
    const PolicyProvider& provider, const Caller& caller, const xcep::GetPolicies& question);

} // namespace perennial::enrollment::server
