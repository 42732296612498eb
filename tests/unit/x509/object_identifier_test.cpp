// Object identifiers, usual ones and others; the openssl command line says what is right.

#include "shared/x509/der.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// Without tag and length; what is tried here is shorter than 128 bytes.
Bytes encodedByOpenssl(const TemporaryFolder& folder, const std::string& dotted)
{
    openssl({"asn1parse", "-genstr", "OID:" + dotted, "-noout", "-out", folder / "oid.der"});
    return readText(folder / "oid.der").substr(2);
}

x509::ObjectHandle decoded(const Bytes& der)
{
    return x509::decode<x509::ObjectHandle, &d2i_ASN1_OBJECT>(der);
}

} // namespace

TEST_CASE("an OID is encoded, and written, as OpenSSL does it")
{
    const TemporaryFolder folder;
    for (const std::string text : {"1.2.840.113549.1.9.14", "2.5.29.37.0", "0.39", "1.39.1", "2.40",
             "2.48", "2.47.5", "2.999.1", "1.3.6.1.4.1.311.21.8.1000001.2000002.66.7000007",
             "1.2.127.128.16383.16384", "1.2.4294967295", "1.2.4294967296.1", "2.4294967296.5",
             "1.2.18446744073709551616.3", "1.2.0.3"}) {
        CAPTURE(text);
        const auto encoded = encodedByOpenssl(folder, text);
        CHECK(x509::encodedOid(text) == encoded);
        const auto object = x509::objectFromOid(text);
        REQUIRE(object);
        CHECK(x509::encodedOid(object.get()) == encoded);
        CHECK(x509::oidText(object.get()) == text);
    }
}

TEST_CASE("what is no OID is none")
{
    for (const std::string text : {"", "1", "1.", ".1.2", "3.1", "0.40", "1.40.1", "-1.2", "1.2x",
             "1.2 ", "emailAddress", "99999999999999999999.1"}) {
        CAPTURE(text);
        CHECK(x509::encodedOid(text).empty());
        CHECK_FALSE(x509::objectFromOid(text));
    }
    CHECK_FALSE(x509::objectFromOid("1.2." + std::string(600, '9')));
    CHECK(x509::oidText(nullptr).empty());
    CHECK_FALSE(decoded(Bytes("\x06\x02\x2A\x80", 4)));     // ends in the middle of an arc
    CHECK_FALSE(decoded(Bytes("\x06\x03\x2A\x80\x01", 5))); // an arc that begins with zeros
}

TEST_CASE("an OID that is longer than any usual one is written all the same")
{
    std::string text = "1.2";
    for (int arc = 0; arc < 70; ++arc)
        text += ".16384";
    const auto object = x509::objectFromOid(text);
    REQUIRE(object);
    CHECK(x509::oidText(object.get()) == text);
}
