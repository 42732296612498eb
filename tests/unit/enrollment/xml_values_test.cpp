#include "shared/enrollment/soap/xml_values.h"

#include "shared/enrollment/soap/namespaces.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::soap;
using perennial::test::contains;
using perennial::test::messageOf;
using perennial::test::must;

namespace {

Element element(std::string_view text) { return makeElement({"urn:one", "value"}, text); }

} // namespace

TEST_CASE("numbers are decimal, whole and within their type")
{
    CHECK(must(readUnsignedInt(element(" 4294967295\n"))) == 4294967295U);
    CHECK(must(readInt(element("-2147483648"))) == -2147483647 - 1);
    CHECK(must(readUnsignedLong(element("18446744073709551615"))) == 18446744073709551615ULL);
    for (const char* text :
        {"", "-1", "-1509949440", "4294967296", "1.0", "1 2", "0x10", "x", "1e3", "+1"}) {
        CHECK_MESSAGE(!readUnsignedInt(element(text)).ok(), text);
    }
    CHECK_FALSE(readInt(element("2147483648")).ok());
    CHECK_FALSE(readInt(element("2148073490")).ok());
    CHECK_FALSE(readUnsignedLong(element("18446744073709551616")).ok());
    CHECK(contains(messageOf(readInt(element("\x1B[2J"))), "element value must be a number"));
    CHECK_FALSE(contains(messageOf(readInt(element("\x1B[2J"))), "\x1B"));
}

TEST_CASE("booleans have two spellings each")
{
    CHECK(must(readBoolean(element(" true "))));
    CHECK(must(readBoolean(element("1"))));
    CHECK_FALSE(must(readBoolean(element("false"))));
    CHECK_FALSE(must(readBoolean(element("0"))));
    for (const char* text : {"", "True", "yes", "2"})
        CHECK_FALSE(readBoolean(element(text)).ok());
}

TEST_CASE("base64 may hold XML white space and nothing else that is wrong")
{
    CHECK(must(readBase64(element("\r\n aGVs\r\nbG8=\t "))) == "hello");
    CHECK(must(readBase64(element(""))).empty());
    // wrong padding, bits left over, trailing data, another alphabet, other white space
    for (const char* text : {"aGVsbG8", "aGVsbG8==", "aGVsbG9=", "aGVsbG8=x",
             "aGVsbG8=aGVsbG8=", "aGVs-G8=", "aGVs\vbG8=", "aGVs\u00A0bG8=", "====", "a"}) {
        CHECK_MESSAGE(!readBase64(element(text)).ok(), text);
    }
}

TEST_CASE("a date and time may have a fraction and a zone; without one it is GMT")
{
    const auto expected = TimePoint(Duration(1795233600)); // 2026-11-21T04:00:00Z by date(1)
    for (const char* text : {"2026-11-21T04:00:00Z", "2026-11-21T04:00:00",
             "2026-11-21T04:00:00.000Z", "2026-11-21T04:00:00.1234567", "2026-11-21T05:00:00+01:00",
             "2026-11-21T05:00:00.5+01:00", " \n2026-11-21T04:00:00Z "}) {
        CHECK_MESSAGE(must(readDateTime(element(text))) == expected, text);
    }
    for (const char* text : {"", "2026-11-21", "2026-11-21T04:00:00.Z", "2026-11-21T04:00:00x",
             "2026-13-21T04:00:00Z", "2026-11-21T04:00:00ZZ", "2026-11-21T04:00"}) {
        CHECK_MESSAGE(!readDateTime(element(text)).ok(), text);
    }
}

TEST_CASE("nil is understood with and without its namespace")
{
    Element nil = element("5");
    CHECK_FALSE(nil.isNil());
    setAttribute(nil, {space::instance, "nil"}, "false");
    CHECK_FALSE(nil.isNil());
    nil.attributes.clear();
    setAttribute(nil, {"", "nil"}, " true ");
    CHECK(nil.isNil());
    nil.attributes.clear();
    setAttribute(nil, {space::instance, "nil"}, "1");
    CHECK(nil.isNil());
    Element parent = makeElement({"urn:one", "parent"});
    append(parent, nil);
    CHECK(must(readOptional<std::int32_t>(parent, {"urn:one", "value"}, readInt)) == std::nullopt);
    CHECK(must(readOptional<std::int32_t>(parent, {"urn:one", "other"}, readInt)) == std::nullopt);
}
