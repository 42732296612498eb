#include "shared/enrollment/wstep/token_response.h"

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

Result<TokenResponse> responseOf(const std::string& document)
{
    return readTokenResponse(must(soap::readEnvelope(document)).body);
}

std::string between(const std::string& text, const std::string& from, const std::string& to)
{
    const auto start = text.find(from);
    const auto end = text.find(to, start) + to.size();
    return text.substr(start, end - start);
}

const std::string issuedName = "10_rstr_issued_response.xml";
const std::string pendingName = "11_rstr_pending_response.xml";

} // namespace

TEST_CASE("an issued answer is read, with both tokens")
{
    const auto issued = std::get<Issued>(must(responseOf(sample(issuedName))));
    CHECK(issued.certificate == sample("cert1.der"));
    CHECK(issued.cmcResponse == sample("cmcresp_issued1.der"));
    CHECK(issued.dispositionMessage == "Issued");
    CHECK(issued.requestId == "41");
    const auto renewed = std::get<Issued>(must(responseOf(sample("13_rstr_issued_response.xml"))));
    CHECK(renewed.certificate == sample("cert3.der"));
    const auto later =
        std::get<Issued>(must(responseOf(sample("20_querytokenstatus_issued_response.xml"))));
    CHECK(later.certificate == sample("cert2.der"));
    CHECK(later.requestId == "42");
}

TEST_CASE("a pending answer is told from its structure and says where to ask again")
{
    const auto pending = std::get<Pending>(must(responseOf(sample(pendingName))));
    CHECK(pending.referenceUri ==
          "https://pki.example.test/Example-Issuing-CA_CES_Kerberos/service.svc/CES");
    CHECK(pending.cmcResponse == sample("cmcresp_pending42.der"));
    CHECK(pending.requestId == "42");
    CHECK(std::holds_alternative<Pending>(
        must(responseOf(sample("21_querytokenstatus_pending_response.xml")))));
    // The text is in the server's language.
    CHECK(std::holds_alternative<Pending>(
        must(responseOf(replaced(sample(pendingName), "Taken Under Submission", "Issued")))));
    CHECK(std::holds_alternative<Issued>(
        must(responseOf(replaced(sample(issuedName), ">Issued<", ">Taken Under Submission<")))));
}

TEST_CASE("a key exchange token is read")
{
    const auto token = std::get<KeyExchangeToken>(must(responseOf(sample("40_ket_response.xml"))));
    CHECK(token.certificate == sample("xchg.der"));
}

TEST_CASE("an answer with two responses, or none, is refused")
{
    const std::string text = sample(issuedName);
    const std::string response =
        between(text, "<RequestSecurityTokenResponse>", "</RequestSecurityTokenResponse>");
    CHECK(contains(messageOf(responseOf(replaced(text, response, response + response))),
        "more than one RequestSecurityTokenResponse"));
    CHECK(contains(messageOf(responseOf(replaced(text, response, ""))),
        "has no RequestSecurityTokenResponse"));
    CHECK_FALSE(responseOf(sample("32_fault_authentication.xml")).ok());
    const std::string other = replaced(replaced(text, "<RequestSecurityTokenResponseCollection ",
                                           "<RequestSecurityTokenResponses "),
        "</RequestSecurityTokenResponseCollection>", "</RequestSecurityTokenResponses>");
    CHECK(contains(messageOf(responseOf(other)), "no RequestSecurityTokenResponseCollection"));
}

TEST_CASE("a reference that leads nowhere is refused")
{
    CHECK(contains(
        messageOf(responseOf(replaced(sample(pendingName), "<Reference URI=", "<Reference x="))),
        "without URI"));
}

TEST_CASE("a second token, inside or outside its place, is refused")
{
    const std::string text = sample(issuedName);
    const std::string certificate = between(text.substr(text.find("<RequestedSecurityToken>")),
        "<BinarySecurityToken", "</BinarySecurityToken>");
    CHECK(contains(messageOf(responseOf(replaced(text, certificate, certificate + certificate))),
        "more than one BinarySecurityToken"));
    for (const char* place : {"<RequestSecurityTokenResponse>", "<RequestedSecurityToken>",
             "<RequestSecurityTokenResponseCollection "
             "xmlns=\"http://docs.oasis-open.org/ws-sx/ws-trust/200512\">"}) {
        CHECK_MESSAGE(
            contains(messageOf(responseOf(replaced(text, place,
                         std::string(place) + "<x xmlns='urn:x'>" + certificate + "</x>"))),
                "a token where none belongs"),
            place);
    }
    CHECK_FALSE(responseOf(replaced(text, "<RequestedSecurityToken>",
                               "<RequestedSecurityToken/><RequestedSecurityToken>"))
                    .ok());
}

TEST_CASE("tokens of two kinds at once are refused")
{
    const std::string text = sample(issuedName);
    const std::string holder =
        between(sample(pendingName), "<SecurityTokenReference", "</SecurityTokenReference>");
    CHECK(contains(messageOf(responseOf(replaced(
                       text, "<RequestedSecurityToken>", "<RequestedSecurityToken>" + holder))),
        "a certificate and a reference"));
    const std::string exchange =
        between(sample("40_ket_response.xml"), "<KeyExchangeToken>", "</KeyExchangeToken>");
    CHECK(contains(messageOf(responseOf(replaced(
                       text, "<RequestedSecurityToken>", "<RequestedSecurityToken>" + exchange))),
        "two kinds of token"));
}

TEST_CASE("third-party servers may leave out the request id, the message and one of the tokens")
{
    const std::string text = sample(issuedName);
    const std::string id = between(text, "<RequestID", "</RequestID>");
    const std::string message = between(text, "<DispositionMessage", "</DispositionMessage>");
    const std::string cmc = between(text, "<BinarySecurityToken", "</BinarySecurityToken>");
    const auto bare = std::get<Issued>(
        must(responseOf(replaced(replaced(replaced(text, id, ""), message, ""), cmc, ""))));
    CHECK(bare.certificate == sample("cert1.der"));
    CHECK(bare.cmcResponse.empty());
    CHECK(bare.requestId.empty());
    const std::string requested =
        between(text, "<RequestedSecurityToken>", "</RequestedSecurityToken>");
    const auto onlyCmc = std::get<Issued>(must(responseOf(replaced(text, requested, ""))));
    CHECK(onlyCmc.certificate.empty());
    CHECK_FALSE(responseOf(replaced(replaced(text, requested, ""), cmc, "")).ok());
    // Without the id there is nothing to ask for.
    CHECK_FALSE(responseOf(replaced(sample(pendingName), ">42<", "><")).ok());
}

TEST_CASE("base64 that is wrong in any way and strange request ids are refused")
{
    const std::string text = sample(issuedName);
    for (const char* token : {"=</BinarySecurityToken>", "A</BinarySecurityToken>",
             "-</BinarySecurityToken>", "&#xA0;</BinarySecurityToken>"}) {
        CHECK_MESSAGE(!responseOf(replaced(text, "</BinarySecurityToken>", token)).ok(), token);
    }
    CHECK(responseOf(replaced(text, "</BinarySecurityToken>", "&#xD;\n \t</BinarySecurityToken>"))
              .ok());
    CHECK_FALSE(responseOf(replaced(text, ">41<", ">" + std::string(129, '1') + "<")).ok());
    CHECK_FALSE(responseOf(replaced(text, ">41<",
                               ">4\xC2\x9B"
                               "1<"))
                    .ok());
    const auto shown = std::get<Issued>(must(responseOf(replaced(text, ">Issued<",
        ">Issued \xC2\x9B"
        "31m\n now<"))));
    CHECK_FALSE(contains(shown.dispositionMessage, "\xC2\x9B"));
    const auto large = std::get<Issued>(
        must(responseOf(replaced(text, ">Issued<", ">" + std::string(900'000, 'x') + "<"))));
    CHECK(large.dispositionMessage.size() < 1100);
}

TEST_CASE("the answers that we write are those of the samples")
{
    for (const char* name :
        {"10_rstr_issued_response.xml", "11_rstr_pending_response.xml",
            "12_rstr_pending_response.xml", "13_rstr_issued_response.xml", "40_ket_response.xml"}) {
        const auto response = must(responseOf(sample(name)));
        const std::string written =
            soap::writeResponse(actionOf(response), "urn:uuid:1", toElement(response));
        checkWellFormed(written);
        CHECK(bodyOutline(written) == bodyOutline(sample(name)));
        CHECK(must(soap::readEnvelope(sample(name))).action == actionOf(response));
    }
}
