#include "shared/enrollment/soap/envelope.h"

#include "shared/enrollment/soap/namespaces.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::soap;
using perennial::test::checkWellFormed;
using perennial::test::contains;
using perennial::test::messageOf;
using perennial::test::must;
using perennial::test::outline;
using perennial::test::replaced;
using perennial::test::sample;
using perennial::test::sampleEnvelope;

namespace {

std::string message(const std::string& blocks, const std::string& body = "<x xmlns='urn:x'/>")
{
    return "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' "
           "xmlns:a='http://www.w3.org/2005/08/addressing'><s:Header>"
           "<a:Action>urn:act</a:Action>" +
           blocks + "</s:Header><s:Body>" + body + "</s:Body></s:Envelope>";
}

} // namespace

TEST_CASE("a request's header is read, whatever else stands in it")
{
    const Envelope first = sampleEnvelope("01_getpolicies_request.xml");
    CHECK(first.action == action::getPolicies);
    CHECK(first.messageId == "urn:uuid:00000000-0000-4000-8000-000000000001");
    CHECK(first.relatesTo.empty());
    CHECK(first.to ==
          "https://pki.example.test/ADPolicyProvider_CEP_UsernamePassword/service.svc/CEP");
    CHECK(first.security.has_value());
    CHECK(first.body.is({space::policy, "GetPolicies"}));
    CHECK_FALSE(sampleEnvelope("20_querytokenstatus_request.xml").security.has_value());
}

TEST_CASE("an answer's header is read, ActivityId passed over")
{
    const Envelope answer = sampleEnvelope("10_rstr_issued_response.xml");
    CHECK(answer.action == action::requestSecurityTokenResponse);
    CHECK(answer.messageId.empty());
    CHECK(answer.relatesTo == "urn:uuid:00000000-0000-4000-8000-000000000004");
    CHECK(answer.body.is({space::trust, "RequestSecurityTokenResponseCollection"}));
}

TEST_CASE("header blocks may come in any order, with white space around their text")
{
    const Envelope envelope =
        must(readEnvelope(message("<a:To s:mustUnderstand='true'>\r\n https://x/ </a:To>"
                                  "<a:ReplyTo><a:Address>urn:elsewhere</a:Address></a:ReplyTo>"
                                  "<a:MessageID>\n\turn:uuid:1\n</a:MessageID>"
                                  "<z xmlns='urn:z'>unknown</z>")));
    CHECK(envelope.action == "urn:act");
    CHECK(envelope.to == "https://x/");
    CHECK(envelope.messageId == "urn:uuid:1");
}

TEST_CASE("a block that must be understood and is not is refused, a known one never")
{
    const std::string block = "<z xmlns='urn:z' s:mustUnderstand='";
    CHECK(contains(
        messageOf(readEnvelope(message(block + "1'/>"))), "z must be understood and is not"));
    CHECK_FALSE(readEnvelope(message(block + "true'/>")).ok());
    CHECK_FALSE(readEnvelope(message(block + "yes'/>")).ok());
    CHECK(readEnvelope(message(block + "0'/>")).ok());
    CHECK(readEnvelope(message(block + "false'/>")).ok());
    // WCF puts a timestamp of its own into answers.
    CHECK(readEnvelope(message("<o:Security s:mustUnderstand='1' xmlns:o='http://docs.oasis-open."
                               "org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'/>"))
              .ok());
}

TEST_CASE("repeated header blocks, headers and bodies are refused")
{
    for (const char* block : {"<a:Action>urn:act</a:Action>", "<a:To>u</a:To><a:To>u</a:To>",
             "<a:MessageID>1</a:MessageID><a:MessageID>1</a:MessageID>",
             "<a:RelatesTo>1</a:RelatesTo><a:RelatesTo>2</a:RelatesTo>"}) {
        CHECK_MESSAGE(contains(messageOf(readEnvelope(message(block))), "more than one"), block);
    }
    const std::string good = message("");
    CHECK(readEnvelope(good).ok());
    CHECK_FALSE(readEnvelope(replaced(good, "<s:Body>", "<s:Header/><s:Body>")).ok());
    CHECK_FALSE(readEnvelope(replaced(good, "</s:Body>", "</s:Body><s:Body/>")).ok());
    CHECK_FALSE(readEnvelope(replaced(good, "</s:Body>", "</s:Body><s:More/>")).ok());
    CHECK_FALSE(readEnvelope(message("", "<x/><x/>")).ok());
    CHECK_FALSE(readEnvelope(message("", "")).ok());
}

TEST_CASE("an envelope of another kind or without an action is refused")
{
    const std::string good = message("");
    CHECK(contains(messageOf(readEnvelope(replaced(good, "http://www.w3.org/2003/05/soap-envelope",
                       "http://schemas.xmlsoap.org/soap/envelope/"))),
        "not a SOAP 1.2 envelope"));
    // Names in another namespace are not ours.
    CHECK(contains(messageOf(readEnvelope(replaced(good, "http://www.w3.org/2005/08/addressing",
                       "http://schemas.xmlsoap.org/ws/2004/08/addressing"))),
        "without wsa:Action"));
    CHECK_FALSE(readEnvelope("<html><body>502 Bad Gateway</body></html>").ok());
    CHECK_FALSE(readEnvelope("").ok());
}

TEST_CASE("an answer that belongs to another request is refused")
{
    const Envelope answer = sampleEnvelope("10_rstr_issued_response.xml");
    const std::string asked = "urn:uuid:00000000-0000-4000-8000-000000000004";
    const auto expected = action::requestSecurityTokenResponse;
    CHECK(checkAnswers(answer, asked, expected).ok());
    CHECK(contains(checkAnswers(answer, "urn:uuid:00000000-0000-4000-8000-000000000005", expected)
                       .error()
                       .message,
        "RelatesTo"));
    CHECK_FALSE(checkAnswers(answer, "", expected).ok());
    CHECK(contains(checkAnswers(answer, asked, action::getPoliciesResponse).error().message,
        "another action"));
    const Envelope silent = must(readEnvelope(replaced(
        sample("10_rstr_issued_response.xml"), "<a:RelatesTo>" + asked + "</a:RelatesTo>", "")));
    CHECK_FALSE(checkAnswers(silent, asked, expected).ok());
}

TEST_CASE("a fault may have any action and no RelatesTo, but not another request's")
{
    const std::string text = sample("32_fault_authentication.xml");
    const std::string asked = "urn:uuid:00000000-0000-4000-8000-00000000000c";
    const auto expected = action::requestSecurityTokenResponse;
    CHECK(checkAnswers(must(readEnvelope(text)), asked, expected).ok());
    CHECK_FALSE(checkAnswers(must(readEnvelope(text)), "urn:uuid:other", expected).ok());
    const Envelope silent =
        must(readEnvelope(replaced(text, "<a:RelatesTo>" + asked + "</a:RelatesTo>", "")));
    CHECK(checkAnswers(silent, asked, expected).ok());
    const auto header = text.find("<s:Header>");
    const Envelope bare =
        must(readEnvelope(std::string(text).erase(header, text.find("</s:Header>") + 11 - header)));
    CHECK(bare.action.empty());
    CHECK(checkAnswers(bare, asked, expected).ok());
}

TEST_CASE("a request that we write is what other programs' requests are")
{
    RequestHeader header{std::string(action::getPolicies),
        "urn:uuid:00000000-0000-4000-8000-000000000001",
        "https://pki.example.test/ADPolicyProvider_CEP_UsernamePassword/service.svc/CEP", {}};
    header.credentials.usernameToken =
        UsernameToken{"EXAMPLE\\svc-enroll", Secret("correct horse")};
    const TimePoint created = must(timeFromRfc3339("2026-11-21T04:00:00Z"));
    header.credentials.timestamp = Timestamp{created, created + Duration(300)};
    const std::string foreign = sample("01_getpolicies_request.xml");
    const std::string written = writeRequest(header, must(readEnvelope(foreign)).body);
    checkWellFormed(written);
    // The sample writes milliseconds.
    std::string expected = replaced(foreign, "04:00:00.000Z", "04:00:00Z");
    expected = replaced(expected, "04:05:00.000Z", "04:05:00Z");
    CHECK(outline(written) == outline(expected));
}

TEST_CASE("an answer that we write is what other programs' answers are")
{
    for (const char* name : {"04_getpolicies_response_empty.xml",
             "20_querytokenstatus_issued_response.xml", "40_ket_response.xml"}) {
        const Envelope read = sampleEnvelope(name);
        const std::string written = writeResponse(read.action, read.relatesTo, read.body);
        checkWellFormed(written);
        CHECK(outline(written) == outline(sample(name)));
    }
}

TEST_CASE("an answer that was prepared is what would be written each time")
{
    Element body = makeElement({"urn:example", "Answer"}, "</s:Header> & more");
    append(body, makeNil({"urn:example", "Nothing"}));
    const PreparedResponse prepared("urn:action", body);
    for (const std::string id : {"", "urn:uuid:1", "<&\"'>\r\n", "\xC3\xA9\xFF"})
        CHECK(prepared.to(id) == writeResponse("urn:action", id, body));
}
