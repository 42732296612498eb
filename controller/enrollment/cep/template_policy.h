#pragma once

#include "controller/enrollment/templates/certificate_template.h"
#include "shared/enrollment/xcep/policies.h"

namespace perennial::enrollment::server {

// What a caller may do with a template.
struct PolicyPermissions {
    bool enroll = false;
    bool autoEnroll = false;
};

// A template as CEP tells it (MS-XCEP 3.1.4.1.3.1): every attribute of the schema.
Result<xcep::Policy> policyOf(
    const CertificateTemplate& certificateTemplate, const PolicyPermissions& permissions);

// The OIDs that stand inside its extensions: real answers list them too.
std::vector<xcep::Oid> innerOids(const CertificateTemplate& certificateTemplate);

} // namespace perennial::enrollment::server
