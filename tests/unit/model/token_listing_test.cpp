#include "shared/model/token_listing.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::model;

TEST_CASE("a listing of tokens comes back as it was, whatever bytes are in its labels")
{
    TokenListing listing;
    listing.certificates.push_back(
        {"web", std::string("\xff\0\n", 3), "\x01", std::string(3000, '\x80'), "key", true});
    listing.remarks = {"a token: why"};
    const auto back = tokenListingFromJson(toJsonText(listing));
    REQUIRE_MESSAGE(back.ok(), back.error().message);
    REQUIRE(back->certificates.size() == 1);
    const auto& one = back->certificates.front();
    CHECK(one.label == listing.certificates.front().label);
    CHECK(one.certificate == listing.certificates.front().certificate);
    CHECK(one.publicKey == "key");
    CHECK(one.privateKey);
    CHECK(back->remarks == listing.remarks);
}

TEST_CASE("a listing that is over a limit, or not in its form, is refused")
{
    TokenListing many;
    many.certificates.resize(TokenListing::mostCertificates + 1);
    TokenListing large;
    large.certificates.resize(1);
    large.certificates.front().certificate.resize(TokenListing::certificateLimit + 3);
    TokenListing longName;
    longName.certificates.resize(1);
    longName.certificates.front().label.resize(1100);
    for (const auto& listing : {many, large, longName})
        CHECK_FALSE(tokenListingFromJson(toJsonText(listing)).ok());
    for (const char* text : {"", "{}", "[]", R"({"certificates":[],"remarks":[],"more":1})",
             R"({"certificates":[{}],"remarks":[]})", R"({"certificates":[],"remarks":[1]})"})
        CHECK_FALSE(tokenListingFromJson(text).ok());
}
