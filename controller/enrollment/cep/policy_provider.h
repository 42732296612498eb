#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/enrollment_config.h"
#include "controller/enrollment/templates/held_templates.h"
#include "shared/enrollment/xcep/get_policies.h"
#include "shared/enrollment/xcep/policy_answer.h"

namespace perennial::enrollment::server {

// What CEP answers a caller: the templates it may enrol for or, at a key-based-renewal provider,
// renew.
struct PolicyProvider {
    const PolicyProviderSettings& settings;
    const EnrollmentConfig& config;
    const TemplateSet& templates;
    const x509::Certificate& authority;
};

Result<xcep::PolicyAnswer> answerGetPolicies(const PolicyProvider& provider, const Caller& caller,
    const xcep::GetPolicies& question, TimePoint now);

} // namespace perennial::enrollment::server
