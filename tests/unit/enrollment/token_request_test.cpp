#include "shared/enrollment/wstep/token_request.h"

#include "shared/enrollment/soap/namespaces.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::wstep;
using perennial::test::bodyOutline;
using perennial::test::checkWellFormed;
using perennial::test::contains;
using perennial::test::messageOf;
using perennial::test::must;
using perennial::test::replaced;
using perennial::test::sample;

namespace {

Result<TokenRequest> requestOf(const std::string& document)
{
    const auto envelope = must(soap::readEnvelope(document));
    return readTokenRequest(envelope.body, envelope.action);
}

std::string write(const TokenRequest& request)
{
    return soap::writeRequest(
        {std::string(actionOf(request)), "urn:uuid:1", "https://x/", {}}, toElement(request));
}

const std::string issueUri = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue";

} // namespace

TEST_CASE("requests for a certificate are read, with what they carry")
{
    const auto first = must(requestOf(sample("10_rst_issue_pkcs10_request.xml")));
    CHECK(std::get<Issue>(first.what).request == sample("p10_v2_template.der"));
    CHECK(std::get<Issue>(first.what).additionalContext.empty());
    CHECK(first.preferredLanguage == "en-US");

    const auto labelledAsPkcs7 = must(requestOf(sample("11_rst_issue_pkcs10_request.xml")));
    CHECK(std::get<Issue>(labelledAsPkcs7.what).request == sample("p10_v1_template.der"));
    CHECK(
        std::get<Issue>(labelledAsPkcs7.what).additionalContext ==
        std::vector<ContextItem>{{"CertificateTemplate", "Machine"}, {"rmd", "web1.example.test"}});

    const auto renewal = must(requestOf(sample("13_rst_renewal_cms_request.xml")));
    CHECK(std::get<Issue>(renewal.what).request == sample("renew_cms.der"));
}

TEST_CASE("status queries and key exchange requests are read")
{
    const auto query = must(requestOf(sample("20_querytokenstatus_request.xml")));
    CHECK(std::get<QueryTokenStatus>(query.what).requestId == "42");
    const auto ket = must(requestOf(sample("40_ket_request.xml")));
    CHECK(std::holds_alternative<KeyExchange>(ket.what));
}

TEST_CASE("the empty token of a cepces query and unknown elements are passed over")
{
    const std::string text = sample("20_querytokenstatus_request.xml");
    const std::string id = "<RequestID xmlns=";
    const std::string token = "<b:BinarySecurityToken xmlns:b='http://docs.oasis-open.org/wss/2004/"
                              "01/oasis-200401-wss-wssecurity-secext-1.0.xsd'/>";
    const auto query = must(requestOf(replaced(text, id, token + "<z xmlns='urn:z'/>" + id)));
    CHECK(std::get<QueryTokenStatus>(query.what).requestId == "42");
}

TEST_CASE("a query without a usable request id is refused")
{
    const std::string text = sample("20_querytokenstatus_request.xml");
    CHECK_FALSE(requestOf(replaced(text, ">42<", "> <")).ok());
    CHECK_FALSE(requestOf(replaced(text, ">42<", ">" + std::string(129, '1') + "<")).ok());
    CHECK_FALSE(requestOf(replaced(text, "<RequestID xmlns=",
                              "<RequestID xmlns='http://schemas.microsoft.com/windows/pki/2009/01/"
                              "enrollment'>1</RequestID><RequestID xmlns="))
                    .ok());
    CHECK_FALSE(requestOf(replaced(text, "<RequestID xmlns=",
                              "<RequestID x:nil='true' xmlns:x="
                              "'http://www.w3.org/2001/"
                              "XMLSchema-instance' xmlns="))
                    .ok());
}

TEST_CASE("an unknown request type, or one that does not go with the action, is refused")
{
    const std::string text = sample("10_rst_issue_pkcs10_request.xml");
    CHECK(contains(
        messageOf(requestOf(replaced(text, issueUri, issueUri + "d"))), "is not supported"));
    CHECK(requestOf(replaced(text, issueUri, "\r\n  " + issueUri + "\r\n")).ok());
    CHECK_FALSE(
        requestOf(replaced(text, issueUri, "http://docs.oasis-open.org/ws-sx/ws-trust/200512/KET"))
            .ok());
    const std::string ket = sample("40_ket_request.xml");
    CHECK_FALSE(
        requestOf(replaced(ket, "http://docs.oasis-open.org/ws-sx/ws-trust/200512/KET</RequestType",
                      issueUri + "</RequestType"))
            .ok());
    CHECK_FALSE(requestOf(replaced(ket, "<RequestKET/>", "")).ok());
    // Complete in itself, but under the other action.
    CHECK(contains(
        messageOf(requestOf(replaced(text, std::string(soap::action::requestSecurityToken) + "<",
            std::string(soap::action::keyExchange) + "<"))),
        "does not go with the action"));
    CHECK(contains(messageOf(requestOf(replaced(ket, std::string(soap::action::keyExchange) + "<",
                       std::string(soap::action::requestSecurityToken) + "<"))),
        "does not go with the action"));
    CHECK_FALSE(requestOf(sample("01_getpolicies_request.xml")).ok());
}

TEST_CASE("another element than RequestSecurityToken, and an item without a name, are refused")
{
    const std::string text = sample("10_rst_issue_pkcs10_request.xml");
    const std::string other =
        replaced(replaced(text, "<RequestSecurityToken ", "<RequestSecurityTokens "),
            "</RequestSecurityToken>", "</RequestSecurityTokens>");
    CHECK(contains(messageOf(requestOf(other)), "no RequestSecurityToken"));
    CHECK(contains(messageOf(requestOf(replaced(sample("11_rst_issue_pkcs10_request.xml"),
                       "<ContextItem Name=\"rmd\">", "<ContextItem>"))),
        "without Name"));
}

TEST_CASE("a request for a certificate without exactly one readable token is refused")
{
    const std::string text = sample("10_rst_issue_pkcs10_request.xml");
    const auto start = text.find("<BinarySecurityToken");
    const auto end = text.find("</BinarySecurityToken>") + 22;
    const std::string token = text.substr(start, end - start);
    CHECK_FALSE(requestOf(replaced(text, token, "")).ok());
    CHECK_FALSE(requestOf(replaced(text, token, token + token)).ok());
    CHECK_FALSE(
        requestOf(replaced(text, "</BinarySecurityToken>", "=</BinarySecurityToken>")).ok());
    CHECK_FALSE(
        requestOf(replaced(text, "</BinarySecurityToken>", "AAAA</BinarySecurityToken>")).ok());
    CHECK_FALSE(requestOf(replaced(text, ">MII", ">*MII")).ok());
    CHECK_FALSE(
        requestOf(replaced(text, token,
                      "<BinarySecurityToken xmlns='http://docs.oasis-open.org/wss/2004/01/"
                      "oasis-200401-wss-wssecurity-secext-1.0.xsd'> </BinarySecurityToken>"))
            .ok());
    // The right name in the wrong namespace, or in the wrong place, is not it.
    CHECK_FALSE(requestOf(replaced(text, token, "<x xmlns='urn:x'>" + token + "</x>")).ok());
}

TEST_CASE("the requests that we write are those of the samples")
{
    for (const char* name : {"10_rst_issue_pkcs10_request.xml", "13_rst_renewal_cms_request.xml",
             "20_querytokenstatus_request.xml", "40_ket_request.xml"}) {
        const std::string written = write(must(requestOf(sample(name))));
        checkWellFormed(written);
        CHECK(bodyOutline(written) == bodyOutline(sample(name)));
    }
    // There the sample, as Microsoft's example, labels a PKCS#10 as PKCS#7.
    const std::string written = write(must(requestOf(sample("11_rst_issue_pkcs10_request.xml"))));
    CHECK(bodyOutline(written) ==
          bodyOutline(replaced(sample("11_rst_issue_pkcs10_request.xml"),
              "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
              "#PKCS7",
              "http://schemas.microsoft.com/windows/pki/2009/01/enrollment#PKCS10")));
    CHECK(actionOf(TokenRequest{KeyExchange{}, ""}) == soap::action::keyExchange);
}
