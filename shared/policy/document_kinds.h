#pragma once

#include "shared/policy/document_reader.h"

namespace perennial::policy {

// A document of each kind from its mapping. Problems go to the list; what is returned is good only
// when there were none.
model::EnrollmentService readEnrollmentService(const yaml::Value& document, ProblemList& problems);
model::CertificatePolicy readCertificatePolicy(const yaml::Value& document, ProblemList& problems);
model::TrustAnchors readTrustAnchors(const yaml::Value& document, ProblemList& problems);

// PEM of certificates, all of them authorities; whatever is wrong is reported.
std::string readAuthorities(DocumentReader& in, const std::string& key);
std::map<std::string, std::string> readLabels(DocumentReader& in);
// `place`, and what it asks of the rest of its policy.
model::WantedPlace readPlace(DocumentReader& in);
void checkPlaced(DocumentReader& in, const model::CertificatePolicy& policy);

} // namespace perennial::policy
