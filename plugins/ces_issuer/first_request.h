#pragma once

#include "shared/enrollment/request/certificate_request.h"
#include "shared/enrollment/xcep/policies.h"
#include "shared/plugin_api/issuer.h"

#include <string>

namespace perennial::plugins {

// Which key a template takes: by privateKeyAttributes' algorithm, where it names one, and by
// minimalKeyLength (MS-XCEP 3.1.4.1.3.20).
struct KeyChoice {
    std::string keyType; // the one that was named; without, the template's, the shortest that fits
    std::string problem; // why there is none, and who mends it
};
KeyChoice chooseKeyType(const enrollment::xcep::Policy& policy, const std::string& named);

// Whether the template takes subject and names from the request (subjectNameFlags 0x1); where it
// does not say, they are sent: a CA that looks them up passes over them.
bool suppliesNames(const enrollment::xcep::Policy& policy);

// What the request holds: subject and names only where the template takes them, the extensions
// that the policy lists, and its hash where that is longer than the key's own.
enrollment::request::EnrollmentContent contentFor(
    const FirstEnrollment& first, const enrollment::xcep::Policy& policy);

} // namespace perennial::plugins
