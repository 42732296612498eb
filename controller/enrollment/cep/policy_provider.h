#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/cep/seen_rights.h"
#include "controller/enrollment/cep/template_policy.h"
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

// The templates that a caller is told of. Whoever is told of the same ones by one provider gets the
// same answer.
struct PolicyListing {
    struct Entry {
        const CertificateTemplate* certificateTemplate;
        PolicyPermissions permissions;
    };
    bool notChanged = false; // since lastUpdate: neither templates nor the caller's rights
    std::vector<Entry> entries;
};
PolicyListing listPolicies(const PolicyProvider& provider, const Caller& caller,
    const xcep::GetPolicies& question, SeenRights& seen, TimePoint now);
Result<xcep::PolicyAnswer> answerOf(const PolicyProvider& provider, const PolicyListing& listing);

} // namespace perennial::enrollment::server
