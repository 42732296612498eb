#include "shared/enrollment/request/certificate_request.h"
#include "shared/enrollment/soap/fault.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/wstep/token_request.h"
#include "shared/enrollment/wstep/token_response.h"
#include "shared/enrollment/xcep/get_policies.h"
#include "shared/enrollment/xcep/policy_answer.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::enrollment;
using perennial::test::must;
using perennial::test::sampleEnvelope;

namespace {

bool isUnderstood(const soap::Envelope& envelope)
{
    if (soap::isFault(envelope)) return soap::readFault(envelope).ok();
    if (envelope.action == soap::action::getPolicies) {
        return xcep::readGetPolicies(envelope.body).ok();
    }
    if (envelope.action == soap::action::getPoliciesResponse) {
        return xcep::readPolicyAnswer(envelope.body).ok();
    }
    if (envelope.relatesTo.empty()) {
        return wstep::readTokenRequest(envelope.body, envelope.action).ok();
    }
    return wstep::readTokenResponse(envelope.body).ok();
}

} // namespace

TEST_CASE("every sample message is understood by the reader of its kind")
{
    int messages = 0;
    const auto folder = std::filesystem::path(PERENNIAL_TEST_DATA_DIR) / "enrollment";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".xml") continue;
        const auto envelope = sampleEnvelope(entry.path().filename().string());
        CHECK_MESSAGE(isUnderstood(envelope), entry.path().filename().string());
        CHECK(soap::readCredentials(envelope).ok());
        CHECK(envelope.messageId.empty() != envelope.relatesTo.empty());
        ++messages;
    }
    CHECK(messages >= 25);
}

TEST_CASE("the sample of an unreadable request is rejected with the sample fault's code")
{
    const auto envelope = sampleEnvelope("31_rst_issue_garbage_request.xml");
    const auto issue = must(wstep::readTokenRequest(envelope.body, envelope.action));
    const auto read = request::readRequest(std::get<wstep::Issue>(issue.what).request);
    const auto fault = must(soap::readFault(sampleEnvelope("31_fault_parse_error.xml")));
    CHECK(std::get<request::Rejected>(read).code == fault.detail->errorCode);
}
