#include "shared/base/json.h"

#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

using namespace perennial;

namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

} // namespace

TEST_CASE("JSON texts are read and written again in one canonical form")
{
    struct Row {
        std::string text, canonical;
    };
    const std::vector<Row> rows = {
        {"null", "null"},
        {" true ", "true"},
        {"false", "false"},
        {"0", "0"},
        {"-0", "0"},
        {"-12", "-12"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"1.5", "1.5"},
        {"1.0", "1.0"},
        {"-0.0", "0.0"},
        {"1E2", "100.0"},
        {"123456789012345678901234567890.5e-20", "1234567890.1234567"},
        {"1e-400", "0.0"},
        {R"("")", R"("")"},
        {R"("\u0041\/\"\\\b\f\n\r\t")", R"("A/\"\\\b\f\n\r\t")"},
        {R"("\u0000\u001f\u007f")", "\"\\u0000\\u001f\x7f\""},
        {R"("\ud83d\ude00")", "\"\xF0\x9F\x98\x80\""},
        {"\"\xE2\x80\xA8\"", "\"\xE2\x80\xA8\""},
        {R"("\\u0000":)", ""},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1, [2, {}], \"x\"]", R"([1,[2,{}],"x"])"},
        {R"({"b": 1, "a": {"d": [], "c": null}})", R"({"a":{"c":null,"d":[]},"b":1})"},
        {R"({"é": 1, "z": 2, "Z": 3, "": 4})", R"({"":4,"Z":3,"z":2,"é":1})"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto json = Json::parse(row.text);
        CHECK(json.ok() == !row.canonical.empty());
        if (!json) continue;
        CHECK(json->canonical() == row.canonical);
        CHECK(*Json::parse(json->canonical()) == *json);
        CHECK(*Json::parse(json->pretty()) == *json);
    }
}

TEST_CASE("texts that are not strictly JSON are refused")
{
    const std::vector<std::string> texts = {"", " ", "nul", "True", "NaN", "Infinity", "'a'", "01",
        "-", "+1", ".5", "1.", "1e", "0x10", "1_000", "[1,]", "[,1]", "[1 2]", "[1", "]", "[1]]",
        "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1 \"b\":2}",
        "{} {}", "{} x", "1 2", "/* c */ 1", "1 // c", "# c\n1", "\"a", "\"a\nb\"", "\"\t\"",
        "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "\xEF\xBB\xBF{}", "[\v1]", "[\xC2\xA0]",
        std::string("[1]\0", 4), std::string("\"a\0b\"", 5), "\"\\ud800\"", "\"\\udc00\"",
        "\"\\ud800\\u0041\"", "\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"",
        "\"\xF4\x90\x80\x80\"", "\"\xE2\x82\"", "1e400", "-1e400", "9223372036854775808",
        "-9223372036854775809", "[99999999999999999999999]", "[1,-18446744073709551616]"};
    for (const auto& text : texts) {
        CAPTURE(text);
        const auto json = Json::parse(text);
        REQUIRE_FALSE(json);
        CHECK(json.error().kind == ErrorKind::InvalidInput);
        CHECK(json.error().message.find('\n') == std::string::npos);
    }
}

TEST_CASE("a member that is there twice is refused, also when it is spelt with an escape")
{
    CHECK_FALSE(Json::parse(R"({"a":1,"a":1})"));
    CHECK_FALSE(Json::parse(R"({"a":1,"b":2,"\u0061":3})"));
    CHECK_FALSE(Json::parse(R"([{"x":{"a":1,"b":2,"a":3}}])"));
    CHECK_FALSE(Json::parse(R"({"a":[],"a":{}})"));
    CHECK(Json::parse(R"([{"a":1},{"a":1}])"));
    CHECK(Json::parse(R"({"a":{"a":{"a":1}},"b":{"a":1}})"));
}

TEST_CASE("a zero character is kept in a string and refused in a member's name")
{
    CHECK(*Json::parse(R"("a\u0000b")")->string() == std::string("a\0b", 3));
    CHECK(*Json::parse(R"(["\\u0000"])")->array()->at(0).string() == "\\u0000");
    CHECK_FALSE(Json::parse(R"({"a\u0000b":1})"));
    CHECK_FALSE(Json::parse("{\"a\\u0000\" \r\n\t:1}"));
    CHECK(Json::parse(R"({"a\\u0000b":1})"));
}

TEST_CASE("limits of bytes, depth and values hold exactly")
{
    const Json::Limits limits{.bytes = 40, .depth = 3, .values = 5};
    CHECK(Json::parse(nested(3), limits));
    CHECK_FALSE(Json::parse(nested(4), limits));
    CHECK_FALSE(Json::parse(R"({"a":{"a":{"a":{}}}})", limits));
    CHECK(Json::parse("[1,2,3,4]", limits));
    CHECK_FALSE(Json::parse("[1,2,3,4,5]", limits));
    CHECK(Json::parse("\"" + std::string(38, 'x') + "\"", limits));
    CHECK_FALSE(Json::parse("\"" + std::string(39, 'x') + "\"", limits));
    CHECK(Json::parse(nested(32)));
    CHECK_FALSE(Json::parse(nested(33)));
    CHECK_FALSE(Json::parse(std::string(500'000, '[')));
}

TEST_CASE("built values are written in byte order of their names, whatever the order of building")
{
    Json one;
    one["b"]["y"] = 2;
    one["b"]["x"] = "s";
    one["a"].push(true);
    one["a"].push(1.5);
    Json other;
    other["a"].push(true);
    other["a"].push(1.5);
    other["b"]["x"] = "s";
    other["b"]["y"] = 2;
    CHECK(one == other);
    CHECK(one.canonical() == R"({"a":[true,1.5],"b":{"x":"s","y":2}})");
    CHECK(one.canonical() == other.canonical());
    CHECK(one.pretty() == "{\n  \"a\": [\n    true,\n    1.5\n  ],\n  \"b\": {\n    \"x\": "
                          "\"s\",\n    \"y\": 2\n  }\n}");
}

TEST_CASE("numbers that JSON cannot hold are written as null, and doubles keep their kind")
{
    CHECK(Json(std::numeric_limits<double>::infinity()).canonical() == "null");
    CHECK(Json(std::nan("")).canonical() == "null");
    CHECK(Json(3.0).canonical() == "3.0");
    CHECK(Json(1e300).canonical() == "1e+300");
    CHECK(*Json(3).number() == 3.0);
    CHECK_FALSE(Json("3").number());
    CHECK(Json::parse("3.0")->integer() == nullptr);
}

TEST_CASE("looking for a member gives nothing when there is none or no object")
{
    const auto json = *Json::parse(R"({"a":null})");
    REQUIRE(json.find("a") != nullptr);
    CHECK(json.find("a")->isNull());
    CHECK(json.find("b") == nullptr);
    CHECK(Json(1).find("a") == nullptr);
}
