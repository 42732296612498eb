#pragma once

#include "controller/enrollment/issuing/issuing_authority.h"
#include "controller/enrollment/rules/request_rules.h"

namespace perennial::enrollment::server {

// A certificate for trying things out: somebody who may administer the service stands in for the
// right to enrol, for approval and for signatures. It says nothing of what the template would not
// let into any certificate, and is recorded like every other (4886, 4887). It is not renewed.
struct TestRequest {
    const CertificateTemplate& certificateTemplate;
    const x509::SigningRequest& request;
    std::string by; // the administrator; "local" on the machine itself
    std::string address;
    TimePoint notBefore;
    TimePoint notAfter;
    TimePoint now;
    bool renewable = false; // an ordinary certificate, for a lab
};

struct TestIssue {
    x509::Certificate certificate;
    std::int64_t requestId;
};
Result<TestIssue> issueTestCertificate(
    const TestRequest& wanted, IssuingAuthority& authority, EnrollmentStore& store);

} // namespace perennial::enrollment::server
