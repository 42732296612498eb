#include "shared/base/encoding.h"

#include <doctest/doctest.h>
#include <vector>

using namespace perennial;

TEST_CASE("hexadecimal goes both ways, in either case")
{
    const Bytes bytes("\x00\x01\x7f\x80\xff", 5);
    CHECK(toHex(bytes) == "00017f80ff");
    CHECK(toUpperHex(bytes) == "00017F80FF");
    CHECK(*fromHex("00017F80ff") == bytes);
    CHECK(fromHex("")->empty());
    for (const char* text : {"0", "0g", "0x00", " 00", "00 ", "00:01", "-1"}) {
        CAPTURE(text);
        CHECK_FALSE(fromHex(text));
    }
}

TEST_CASE("the base64 test vectors of RFC 4648 section 10 hold")
{
    struct Row {
        std::string bytes, text;
    };
    const std::vector<Row> rows = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(toBase64(row.bytes) == row.text);
        CHECK(*fromBase64(row.text) == row.bytes);
        const std::string unpadded = row.text.substr(0, row.text.find('='));
        CHECK(toBase64Url(row.bytes) == unpadded);
        CHECK(*fromBase64Url(unpadded) == row.bytes);
    }
    CHECK(toBase64("\xfb\xff\xfe") == "+//+");
    CHECK(toBase64Url("\xfb\xff\xfe") == "-__-");
    CHECK(*fromBase64Url("-__-") == "\xfb\xff\xfe");
}

TEST_CASE("every byte survives base64 and hexadecimal")
{
    Bytes bytes;
    for (int value = 0; value < 256; ++value) {
        bytes += static_cast<char>(value);
        CHECK(*fromBase64(toBase64(bytes)) == bytes);
        CHECK(*fromBase64Url(toBase64Url(bytes)) == bytes);
        CHECK(*fromHex(toHex(bytes)) == bytes);
    }
}

TEST_CASE("base64 may have XML white space anywhere")
{
    CHECK(*fromBase64(" Zm9v\r\nYm\tFy \n") == "foobar");
    CHECK(*fromBase64("Z g = =") == "f");
    CHECK(fromBase64(" \r\n")->empty());
}

TEST_CASE("base64 that is not strictly right is refused")
{
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zm8", "Zm9v=", "Zm9v====", "====", "=",
             "==", "Zg==Zg==", "Z=g=", "Zm9vYg==x", "Zh==", "Zm9=", "Zm9\x0bv", "Zm9\xc2\xa0v",
             "Zm-v", "Zm_v", "Zm9v!", "Zm9.",
             "Zm\xff"
             "v"}) {
        CAPTURE(text);
        const auto bytes = fromBase64(text);
        REQUIRE_FALSE(bytes);
        CHECK(bytes.error().kind == ErrorKind::InvalidInput);
    }
    CHECK_FALSE(fromBase64(std::string_view("Zm\0v", 4)));
    for (const char* text : {"Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v\n", " Zm9v"}) {
        CAPTURE(text);
        CHECK_FALSE(fromBase64Url(text));
    }
}

TEST_CASE("UTF-8 is valid only in its shortest form, without surrogates, up to U+10FFFF")
{
    for (const char* text :
        {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
            "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
        CAPTURE(text);
        CHECK(isValidUtf8(text));
    }
    CHECK(isValidUtf8(std::string_view("\0", 1)));
    for (const char* text :
        {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2x", "\xe0\x80\x80", "\xe0\x9f\xbf",
            "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
            "a\xff"
            "b",
            "\xf0\x9f\x98"}) {
        CAPTURE(text);
        CHECK_FALSE(isValidUtf8(text));
    }
}

TEST_CASE("text for logs can neither end a line, turn its direction, nor be broken UTF-8")
{
    struct Row {
        std::string text, printable;
    };
    const std::vector<Row> rows = {{"plain \xc3\xa9 \xe2\x82\xac", "plain \xc3\xa9 \xe2\x82\xac"},
        {"a\nb\r\tc", "a\\u000Ab\\u000D\\u0009c"}, {"\x1b[31m", "\\u001B[31m"},
        {std::string("\0\x7f", 2), "\\u0000\\u007F"}, {"\xc2\x85\xc2\x9b", "\\u0085\\u009B"},
        {"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"}, {"\xe2\x80\xae txt", "\\u202E txt"},
        {"\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"}, {"\xe2\x80\x8e\xd8\x9c", "\\u200E\\u061C"},
        {"\xef\xbb\xbf"
         "a",
            "\\uFEFFa"},
        {"a\xff"
         "b",
            "a\xef\xbf\xbd"
            "b"},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"}, {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(toPrintable(row.text) == row.printable);
    }
}

TEST_CASE("printable text is cut between characters and says so")
{
    CHECK(toPrintable("12345", 5) == "12345");
    CHECK(toPrintable("123456", 5) == "12345...");
    CHECK(toPrintable("1234\xe2\x82\xac", 5) == "1234...");
    CHECK(toPrintable("1\n", 6) == "1...");
    CHECK(toPrintable("", 0).empty());
    CHECK(toPrintable(std::string(100'000, '\n')).size() <= 1024 + 3);
}
