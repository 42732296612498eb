#include "shared/enrollment/soap/credentials.h"

#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::soap;
using perennial::test::must;
using perennial::test::replaced;
using perennial::test::sample;
using perennial::test::sampleEnvelope;

namespace {

const std::string profile =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";

Result<Credentials> credentialsOf(const std::string& document)
{
    const auto envelope = must(readEnvelope(document));
    return readCredentials(envelope);
}

// The sample with one thing changed.
Result<Credentials> changed(const std::string& what, const std::string& by)
{
    return credentialsOf(replaced(sample("01_getpolicies_request.xml"), what, by));
}

} // namespace

TEST_CASE("user name, password and timestamp are read")
{
    const auto credentials = must(readCredentials(sampleEnvelope("01_getpolicies_request.xml")));
    REQUIRE(credentials.usernameToken.has_value());
    CHECK(credentials.usernameToken->username == "EXAMPLE\\svc-enroll");
    CHECK(credentials.usernameToken->password.reveal() == "correct horse");
    REQUIRE(credentials.timestamp.has_value());
    CHECK(toRfc3339(credentials.timestamp->created) == "2026-11-21T04:00:00Z");
    CHECK(toRfc3339(credentials.timestamp->expires) == "2026-11-21T04:05:00Z");

    const auto other = must(readCredentials(sampleEnvelope("32_rst_badpassword_request.xml")));
    CHECK(other.usernameToken->password.reveal() == "wrong");
    CHECK_FALSE(other.timestamp.has_value());

    const auto none = must(readCredentials(sampleEnvelope("20_querytokenstatus_request.xml")));
    CHECK_FALSE(none.usernameToken.has_value());
}

TEST_CASE("the password's type may be text, in WS-Security's namespace too, or absent")
{
    const std::string type = " Type=\"" + profile + "#PasswordText\"";
    CHECK(changed(type, "")->usernameToken->password.reveal() == "correct horse");
    CHECK(changed(type, " o:Type=\"" + profile + "#PasswordText\"")->usernameToken.has_value());
    CHECK(changed(type, " Type=\"\r\n" + profile + "#PasswordText \"").ok());
    CHECK_FALSE(changed(type, " Type=\"urn:else\"").ok());
    CHECK_FALSE(changed(type, type + " o:Type=\"" + profile + "#PasswordText\"").ok());
}

TEST_CASE("a password digest is refused as a matter of permission")
{
    for (const char* attribute : {" Type", " o:Type"}) {
        const auto result = changed(" Type=\"" + profile + "#PasswordText\"",
            std::string(attribute) + "=\"" + profile + "#PasswordDigest\"");
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().kind == ErrorKind::PermissionDenied);
    }
}

TEST_CASE("the nonce and creation time that cepces adds are passed over, a password is kept whole")
{
    const auto credentials = changed("correct horse</o:Password>",
        " spaced </o:Password><o:Nonce>AAAA</o:Nonce><u:Created>not a time</u:Created>");
    CHECK(must(changed("<o:Username>", "<o:Username>\n ")).usernameToken->username ==
          "EXAMPLE\\svc-enroll");
    CHECK(credentials->usernameToken->password.reveal() == " spaced ");
}

TEST_CASE("a malformed security block is refused")
{
    const std::string name = "<o:Username>EXAMPLE\\svc-enroll</o:Username>";
    CHECK_FALSE(changed(name, "").ok());
    CHECK_FALSE(changed(name, "<o:Username> </o:Username>").ok());
    CHECK_FALSE(changed(name, name + name).ok());
    CHECK_FALSE(changed(name, "<o:Username>" + std::string(1025, 'x') + "</o:Username>").ok());
    CHECK_FALSE(changed("correct horse", std::string(1025, 'x')).ok());
    CHECK_FALSE(
        changed("correct horse</o:Password>", "a</o:Password><o:Password>b</o:Password>").ok());
    CHECK_FALSE(changed("</o:UsernameToken>", "</o:UsernameToken><o:UsernameToken/>").ok());
    CHECK_FALSE(changed("2026-11-21T04:00:00.000Z", "yesterday").ok());
    CHECK_FALSE(changed("<u:Created>2026-11-21T04:00:00.000Z</u:Created>", "").ok());
    const auto noExpiry = changed("<u:Expires>2026-11-21T04:05:00.000Z</u:Expires>", "");
    CHECK(
        toRfc3339(must(Result<Timestamp>(*noExpiry->timestamp)).expires) == "2026-11-21T04:05:00Z");
}

TEST_CASE("no block is written without credentials")
{
    CHECK_FALSE(toSecurityBlock(Credentials()).has_value());
}
