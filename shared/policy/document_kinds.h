#pragma once

#include "shared/policy/document_reader.h"

namespace perennial::policy {

// A document of each kind from its mapping. Problems go to the list; what is returned is good only
// when there were none.
model::EnrollmentService readEnrollmentService(const yaml::Value& document, ProblemList& problems);
model::CertificatePolicy readCertificatePolicy(const yaml::Value& document, ProblemList& problems);

} // namespace perennial::policy
