#include "shared/x509/signing_request.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// What comes back of a name's text, and what openssl reads of its DER.
std::string roundTrip(const std::string& text)
{
    const auto subject = x509::subjectDerFromText(text);
    if (!subject) return "refused";
    const x509::RequestContent content{*subject, {}, {}};
    const auto request = x509::makeSigningRequest(content, *x509::PrivateKey::generate("ec-p256"));
    REQUIRE(request.ok());
    const auto printed =
        openssl({"req", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb"},
            request->toDer());
    CHECK(printed == "subject=" + request->subject() + "\n");
    return request->subject();
}

} // namespace

TEST_CASE("text without an equals sign is a common name")
{
    CHECK(roundTrip("web1.example.test") == "CN=web1.example.test");
    CHECK(x509::subjectDerFromText("").value() == std::string("\x30\x00", 2));
}

TEST_CASE("distinguished names keep their order and their escapes")
{
    for (const char* text : {"CN=web1,OU=Web,O=Example,C=DE", "CN=Smith\\, John,O=Example",
             "CN=a\\+b\\\"c\\\\d\\<e\\>f\\;g", "CN=\\#x", "CN=\\ x\\ ", "CN=b\xC3\xBCro", "CN=a=b",
             "UID=1+CN=x,DC=example,DC=test"})
        CHECK(roundTrip(text) == text);
    CHECK(roundTrip("CN=web1 , O = Example") == "CN=web1,O=Example");
    CHECK(roundTrip("CN=b\\C3\\BCro") == "CN=b\xC3\xBCro");
    CHECK(roundTrip("2.5.4.3=web1") == "CN=web1");
}

TEST_CASE("the DER of a name is that of openssl for the same name")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    CHECK(x509::subjectDerFromText("CN=web1.example.test,O=Example").value() ==
          sampleCertificate("cert1.der").subjectDer());
}

TEST_CASE("broken distinguished names are refused")
{
    for (const auto& text : {std::string("CN="), std::string("=x"), std::string("CN=a,"),
             std::string("CN=a,,O=b"), std::string("CN=a,b"), std::string("XX=a"),
             std::string("CN=a\\"), std::string("CN=a\\x"), std::string("CN=a\\4"),
             std::string("CN=a\"b"), std::string("CN=a;b"), std::string("CN=#3003"),
             std::string("CN=a\nb"), std::string("CN=\xFF"), std::string("a\0b", 3),
             std::string("C=Germany"), "CN=" + std::string(65, 'x'), std::string(5000, 'x')})
        CHECK_MESSAGE(roundTrip(text) == "refused", text);
}
