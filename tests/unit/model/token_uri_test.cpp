#include "shared/model/token_uri.h"

#include <doctest/doctest.h>

using namespace perennial;
using model::parseTokenUri;

TEST_CASE("a PKCS#11 URI is read as RFC 7512 writes it, and written in one way")
{
    // The first is of the RFC's section 3, as far as it is taken.
    CHECK(parseTokenUri("pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;object=my-certificate;"
                        "type=cert;id=%69%95%3E%5C%F4%BD%EC%91")
              ->text() ==
          "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;object=my-certificate;id="
          "i%95%3E%5C%F4%BD%EC%91");
    CHECK(*parseTokenUri("pkcs11:object=a;token=b") == model::TokenUri{"b", "a", ""});
    CHECK(parseTokenUri("pkcs11:token=b;id=%00")->id == std::string(1, '\0'));
}

TEST_CASE("the PIN of a PKCS#11 URI is not taken over")
{
    for (const char* text : {"pkcs11:token=b;object=a?pin-value=1234",
             "pkcs11:token=b;object=a;type=private?pin-source=file:/etc/1234&x=1"}) {
        CAPTURE(text);
        const auto uri = parseTokenUri(text);
        REQUIRE(uri.ok());
        CHECK(uri->text() == "pkcs11:token=b;object=a");
    }
    const auto wrong = parseTokenUri("pkcs11:token=b;pin-value=1234;object=a");
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().message.find("1234") == std::string::npos);
}

TEST_CASE("a PKCS#11 URI that does not name one object of one token is refused")
{
    for (const std::string& text : {std::string("pkcs11:"), std::string("pkcs11:token=b"),
             std::string("pkcs11:object=a"), std::string("pkcs11:token=b;object=a;serial=1"),
             std::string("pkcs11:token=b;token=b;object=a"), std::string("pkcs11:token=b;object"),
             std::string("pkcs11:token=b;object=%"), std::string("pkcs11:token=b;object=%4"),
             std::string("pkcs11:token=b;object=%zz"), std::string("file:/a"),
             "pkcs11:token=b;object=" + std::string(2000, 'a')}) {
        CAPTURE(text);
        CHECK_FALSE(parseTokenUri(text).ok());
    }
}
