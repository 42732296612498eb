#include "shared/enrollment/soap/fault.h"

#include "shared/enrollment/soap/namespaces.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>
#include <set>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::soap;
using perennial::test::checkWellFormed;
using perennial::test::contains;
using perennial::test::must;
using perennial::test::outline;
using perennial::test::replaced;
using perennial::test::sample;
using perennial::test::sampleEnvelope;

namespace {

Fault faultOf(const std::string& document) { return must(readFault(must(readEnvelope(document)))); }

} // namespace

TEST_CASE("a denial says its code, whose decision it was and the request's id")
{
    const Fault fault = must(readFault(sampleEnvelope("22_querytokenstatus_denied_fault.xml")));
    CHECK(fault.code == Fault::Code::Receiver);
    CHECK_FALSE(fault.subcode.has_value());
    CHECK(fault.reason == "Denied by EXAMPLE\\caadmin");
    REQUIRE(fault.detail.has_value());
    CHECK(fault.detail->errorCode == HResult::AdminDeniedRequest);
    CHECK(fault.detail->invalidRequest == true);
    CHECK(fault.detail->requestId == "43");
    CHECK_FALSE(fault.detail->binaryResponse.has_value());
    CHECK_FALSE(isAuthenticationFault(fault));

    const Fault policy = must(readFault(sampleEnvelope("30_fault_template_denied.xml")));
    CHECK(policy.detail->errorCode == HResult::TemplateDenied);
    CHECK(policy.detail->binaryResponse == sample("cmcresp_denied.der"));

    const Fault parse = must(readFault(sampleEnvelope("31_fault_parse_error.xml")));
    CHECK(parse.detail->errorCode == HResult::Asn1EndOfData);
    CHECK(parse.detail->invalidRequest == false);
    CHECK_FALSE(parse.detail->requestId.has_value());
}

TEST_CASE("a wrong password is told from other faults, whatever the prefix")
{
    const std::string text = sample("32_fault_authentication.xml");
    const Fault fault = faultOf(text);
    CHECK(fault.code == Fault::Code::Sender);
    CHECK(isAuthenticationFault(fault));
    CHECK_FALSE(fault.detail.has_value());
    const std::string renamed =
        replaced(replaced(text, "xmlns:o=", "xmlns:ns7="), "o:FailedAuth", "ns7:FailedAuth");
    CHECK(isAuthenticationFault(faultOf(renamed)));
    CHECK_FALSE(isAuthenticationFault(faultOf(replaced(text, "secext-1.0", "secext-9.9"))));
}

TEST_CASE("hostile fault text comes out printable and at most 1 KiB long")
{
    const std::string good = "Denied by EXAMPLE\\caadmin";
    const std::string text = sample("22_querytokenstatus_denied_fault.xml");
    const std::string terminal = "&#x9B;31m \xC2\x9B"
                                 "2J \xE2\x80\xAE evil; rm -rf /\r\n<b>";
    const Fault fault =
        faultOf(replaced(text, good, "&lt;script&gt; " + replaced(terminal, "<b>", "")));
    CHECK(contains(fault.reason, "<script>"));
    CHECK_FALSE(contains(fault.reason, "\xC2\x9B"));
    CHECK_FALSE(contains(fault.reason, "\xE2\x80\xAE"));
    CHECK_FALSE(contains(fault.reason, "\n"));
    const Fault large = faultOf(replaced(text, good, std::string(900'000, 'x')));
    CHECK(large.reason.size() <= 1027); // with the dots
    CHECK(large.reason.size() > 1000);
    const Fault id = faultOf(replaced(text, ">43<", ">" + std::string(5'000, '4') + "\n<"));
    CHECK(id.detail->requestId->size() <= 131);
}

TEST_CASE("a fault is read as far as it can be")
{
    const std::string text = sample("22_querytokenstatus_denied_fault.xml");
    CHECK_FALSE(faultOf(replaced(text, "-2146877420", "2148089876")).detail->errorCode.has_value());
    CHECK(faultOf(replaced(text, ">true<", ">perhaps<")).reason == "Denied by EXAMPLE\\caadmin");
    const std::string code = "<ErrorCode>-2146877420</ErrorCode>";
    CHECK_FALSE(faultOf(replaced(text, code, code + code)).detail->errorCode.has_value());
    CHECK_FALSE(faultOf(replaced(text, code, "")).detail->errorCode.has_value());
    CHECK(
        faultOf(replaced(text, "s:Receiver", "s:DataEncodingUnknown")).code == Fault::Code::Other);
    CHECK(readFault(sampleEnvelope("10_rstr_issued_response.xml")).error().kind ==
          ErrorKind::NotFound);
}

TEST_CASE("the faults that we write are those of the samples")
{
    const std::string denied = sample("30_fault_template_denied.xml");
    const Fault policy = faultOf(denied);
    const std::string written = writeFault(enrollmentFault(HResult::TemplateDenied, policy.reason,
                                               true, "45", sample("cmcresp_denied.der")),
        "urn:uuid:00000000-0000-4000-8000-00000000000a");
    checkWellFormed(written);
    CHECK(outline(written) == outline(denied));

    const Fault parse = enrollmentFault(HResult::Asn1EndOfData,
        "Error Parsing Request  ASN1 unexpected end of data. 0x80093102 (ASN: 258)", false);
    CHECK(outline(writeFault(parse, "urn:uuid:00000000-0000-4000-8000-00000000000b")) ==
          outline(sample("31_fault_parse_error.xml")));

    Fault authentication = authenticationFault();
    authentication.reason = "At least one security token in the message could not be validated.";
    CHECK(outline(writeFault(authentication, "urn:uuid:00000000-0000-4000-8000-00000000000c")) ==
          outline(sample("32_fault_authentication.xml")));
}

TEST_CASE("plain faults have no detail and say who is to blame")
{
    const Fault sender = faultOf(writeFault(senderFault("no client <element>"), ""));
    CHECK(sender.code == Fault::Code::Sender);
    CHECK(sender.reason == "no client <element>");
    CHECK_FALSE(sender.detail.has_value());
    CHECK(faultOf(writeFault(receiverFault("x"), "urn:1")).code == Fault::Code::Receiver);
    CHECK(actionOf(sender) == action::fault);
    CHECK(actionOf(enrollmentFault(HResult::Failed, "x", false)) == action::enrollmentFault);
}

TEST_CASE("result codes have one name each and survive the signed form")
{
    std::set<HResult> codes;
    std::set<std::string_view> names;
    for (const NamedHResult& one : knownHResults()) {
        codes.insert(one.code);
        names.insert(one.name);
        CHECK(hresultFromSigned(toSigned(one.code)) == one.code);
    }
    CHECK(codes.size() == knownHResults().size());
    CHECK(names.size() == knownHResults().size());
    CHECK(codes.size() == 51);
    CHECK(toSigned(HResult::TemplateDenied) == -2146877422);
    CHECK(toSigned(HResult::UntrustedAuthority) == -2146762478);
    CHECK(toText(HResult::TemplateDenied) == "0x80094012 CERTSRV_E_TEMPLATE_DENIED");
    CHECK(toText(hresultFromSigned(-2147024894)) == "0x80070002");
    CHECK(toText(HResult{5}) == "0x00000005");
}
