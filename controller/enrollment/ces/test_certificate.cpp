#include "controller/enrollment/ces/test_certificate.h"

#include "controller/enrollment/ces/request_record.h"
#include "controller/enrollment/rules/certificate_decision.h"

namespace perennial::enrollment::server {

Result<TestIssue> issueTestCertificate(
    const TestRequest& wanted, IssuingAuthority& authority, EnrollmentStore& store)
{
    const auto& chosen = wanted.certificateTemplate;
    auto content = decideContent(chosen, wanted.request, std::nullopt, wanted.now);
    if (!content) return content.error();
    content->notBefore = wanted.notBefore;
    content->notAfter = wanted.notAfter;
    const auto certificate = authority.issue(*content);
    if (!certificate) return certificate.error();
    auto event = describeRequest(wanted.request, issueTestRequester, wanted.address, 4887);
    event["serial"] = certificate->serial();
    event["template"] = chosen.name;
    event["decided_by"] = wanted.by;
    event["test"] = !wanted.renewable;
    auto record = recordOf({"issued", "Issued", "new", issueTestRequester, chosen.name,
                               wanted.request.toDer(), wanted.now},
        wanted.request);
    record.decidedBy = wanted.by;
    record.isTest = !wanted.renewable;
    const auto id = store.addIssued(record, *certificate, event);
    if (!id) return id.error();
    return TestIssue{*certificate, *id};
}

} // namespace perennial::enrollment::server
