#include "shared/base/json.h"

#include <doctest/doctest.h>
#include <functional>
#include <vector>

using namespace perennial;

namespace {

std::string wrongWith(const std::string& text, const std::function<void(JsonReader&)>& readIt)
{
    const auto json = *Json::parse(text);
    JsonReader in(json, "order");
    readIt(in);
    const auto status = in.finish();
    return status ? "" : status.error().message;
}

} // namespace

TEST_CASE("a reader takes each kind of member and is content when all were asked for")
{
    const auto json = *Json::parse(R"({"s":"text","i":-5,"b":true,"l":["a","b"],
        "m":{"x":"1","y":"2"},"v":{"deep":[1]},"a":[1,2,3]})");
    JsonReader in(json, "order");
    CHECK(in.string("s") == "text");
    CHECK(in.optionalString("none") == std::nullopt);
    CHECK(in.integer("i") == -5);
    CHECK(in.optionalInteger("none", 7) == 7);
    CHECK(in.boolean("b"));
    CHECK(in.optionalBoolean("none", true));
    CHECK(in.strings("l") == std::vector<std::string>{"a", "b"});
    CHECK(in.optionalStrings("none").empty());
    CHECK(in.stringMap("m") == std::map<std::string, std::string>{{"x", "1"}, {"y", "2"}});
    CHECK(in.value("v").find("deep") != nullptr);
    CHECK(in.value("none").isNull());
    CHECK(in.array("a").size() == 3);
    CHECK(in.finish());
}

TEST_CASE("a reader names the context and the member that is wrong")
{
    struct Row {
        std::string text;
        std::function<void(JsonReader&)> readIt;
        std::string message;
    };
    const auto string = [](JsonReader& in) { (void)in.string("a", 5); };
    const auto optional = [](JsonReader& in) { (void)in.optionalString("a"); };
    const auto integer = [](JsonReader& in) { (void)in.integer("a"); };
    const auto boolean = [](JsonReader& in) { (void)in.boolean("a"); };
    const auto strings = [](JsonReader& in) { (void)in.strings("a", 2); };
    const auto map = [](JsonReader& in) { (void)in.stringMap("a", 2); };
    const auto array = [](JsonReader& in) { (void)in.array("a", 2); };
    const std::vector<Row> rows = {
        {"[]", string, "order: must be an object"},
        {"null", optional, "order: must be an object"},
        {"{}", string, "order: a is missing"},
        {R"({"a":1})", string, "order: a must be a string"},
        {R"({"a":null})", string, "order: a must be a string"},
        {R"({"a":"123456"})", string, "order: a is over 5 bytes"},
        {R"({"a":null})", optional, "order: a must be a string"},
        {"{}", integer, "order: a is missing"},
        {R"({"a":"1"})", integer, "order: a must be a whole number"},
        {R"({"a":1.0})", integer, "order: a must be a whole number"},
        {R"({"a":true})", integer, "order: a must be a whole number"},
        {R"({"a":1})", boolean, "order: a must be true or false"},
        {R"({"a":"x"})", strings, "order: a must be an array of strings"},
        {R"({"a":["x",1]})", strings, "order: a must be a string"},
        {R"({"a":["x","y","z"]})", strings, "order: a has more than 2 elements"},
        {R"({"a":[]})", map, "order: a must be an object of strings"},
        {R"({"a":{"x":1}})", map, "order: a.x must be a string"},
        {R"({"a":{"x":"","y":"","z":""}})", map, "order: a has more than 2 members"},
        {R"({"a":{}})", array, "order: a must be an array"},
        {R"({"a":[1,2,3]})", array, "order: a has more than 2 elements"},
        {R"({"a":"x","b\u000a":1})", string, "order: unknown member \"b\\u000A\""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(wrongWith(row.text, row.readIt) == row.message);
    }
}

TEST_CASE("the first thing wrong is kept, whatever is asked afterwards")
{
    const auto json = *Json::parse(R"({"a":1,"b":2})");
    JsonReader in(json, "order");
    CHECK(in.string("a").empty());
    CHECK(in.integer("b") == 0);
    CHECK(in.array("c").empty());
    in.fail("b", "is even");
    CHECK(in.finish().error().message == "order: a must be a string");
    CHECK(in.finishIgnoringOthers().error().message == "order: a must be a string");
}

TEST_CASE("the caller's own checks fail like the reader's")
{
    CHECK(wrongWith(R"({"a":3})", [](JsonReader& in) {
        if (in.integer("a") > 2) in.fail("a", "is over 2");
    }) == "order: a is over 2");
}

TEST_CASE("members of a newer version may be ignored, and are refused otherwise")
{
    const auto json = *Json::parse(R"({"a":"x","new":1})");
    JsonReader in(json, "order");
    CHECK(in.string("a") == "x");
    CHECK(in.finishIgnoringOthers());
    CHECK_FALSE(in.finish());
}
