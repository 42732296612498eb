#include "shared/base/clock.h"
#include "shared/yaml/strict_yaml.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace std::string_literals;

namespace {

std::string errorOf(const std::string& text)
{
    const auto parsed = yaml::parse(text, "web.yaml");
    if (parsed) return "accepted";
    CHECK(parsed.error().kind == ErrorKind::InvalidInput);
    return parsed.error().message;
}

std::string repeated(std::string_view piece, std::size_t times)
{
    std::string text;
    for (std::size_t i = 0; i < times; ++i)
        text += piece;
    return text;
}

struct Refused {
    std::string text;
    std::string message;
};

void checkAll(const std::vector<Refused>& cases)
{
    for (const auto& [text, message] : cases) {
        CAPTURE(text);
        CHECK(errorOf(text) == message);
    }
}

constexpr auto anchors = ": anchors are not accepted; write the value out where it is needed";
constexpr auto aliases = ": aliases are not accepted; write the value out";
constexpr auto tab = ": a tab; indent and separate with spaces (in double quotes write \\t)";

} // namespace

TEST_CASE("a repeated key is refused with both lines, in block and flow mappings and with quotes")
{
    checkAll({
        {"a: 1\nb: 2\na: 3\n", "web.yaml:3: a: repeated; line 1 has it already"},
        {"renew:\n  before: 1d\n  before: 2d\n",
            "web.yaml:3: renew.before: repeated; line 2 has it already"},
        {"a: {x: 1, x: 1}\n", "web.yaml:1: a.x: repeated; line 1 has it already"},
        {"a: 1\n\"a\": 2\n", "web.yaml:2: a: repeated; line 1 has it already"},
        {"a: 1\n\"\\x61\": 2\n", "web.yaml:2: a: repeated; line 1 has it already"},
        {"list:\n  - n: 1\n  - n: 2\n    n: 3\n",
            "web.yaml:4: list[1].n: repeated; line 3 has it already"},
    });
}

TEST_CASE("anchors and aliases are refused wherever they stand")
{
    checkAll({
        {"a: &x 1\n", "web.yaml:1: a"s + anchors},
        {"a: 1\nb: &x {c: 1}\n", "web.yaml:2: b"s + anchors},
        {"a: &x [1]\n", "web.yaml:1: a"s + anchors},
        {"a: &x\nb: 1\n", "web.yaml:1: a"s + anchors},
        {"&x a: 1\n", "web.yaml:1"s + anchors},
        {"a:\n  - &x\n  - 1\n", "web.yaml:2: a[0]"s + anchors},
        {"a: 1\nb: *x\n", "web.yaml:2"s + aliases},
        {"*x : 1\n", "web.yaml:1"s + aliases},
        {"&x [*x]\n", "web.yaml:1"s + anchors},
        {"a: &x\n  b: *x\n", "web.yaml:1: a"s + anchors},
    });
}

TEST_CASE("an anchor bomb is refused at its first anchor")
{
    std::string bomb = "a0: &a0 [lol, lol, lol, lol]\n";
    for (int i = 1; i < 30; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " +
                before + ", " + before + ", " + before + "]\n";
    }
    CHECK(errorOf(bomb) == "web.yaml:1: a0"s + anchors);
}

TEST_CASE("tags are refused, also those that mean nothing or ask for code")
{
    const auto refused = [](const std::string& tag) {
        return ": tags are not accepted (" + tag + "); write the plain value";
    };
    const auto standard = "tag:yaml.org,2002:"s;
    checkAll({
        {"a: !!python/object/apply:os.system [id]\n",
            "web.yaml:1: a" + refused(standard + "python/object/apply:os.system")},
        {"a: !!str 1\n", "web.yaml:1: a" + refused(standard + "str")},
        {"a: !local 1\n", "web.yaml:1: a" + refused("!local")},
        {"a: ! 1\n", "web.yaml:1: a" + refused("!")},
        {"a: !<tag:x> 1\n", "web.yaml:1: a" + refused("tag:x")},
        {"a: !!null\n", "web.yaml:1: a" + refused(standard + "null")},
        {"a: !\n", "web.yaml:1: a" + refused("!")},
        {"!##", "web.yaml:1" + refused("")},
        {"!!map\na: 1\n", "web.yaml:1" + refused(standard + "map")},
        {"a:\n  - !!binary aGk=\n", "web.yaml:2: a[0]" + refused(standard + "binary")},
        {"!!str a: 1\n", "web.yaml:1" + refused("?")},
    });
}

TEST_CASE("merge keys and keys that are no text are refused")
{
    checkAll({
        {"a: {<<: {b: 1}}\n",
            "web.yaml:1: a: merge keys (<<) are not accepted; write the values out"},
        {"\"<<\": {b: 1}\n", "web.yaml:1: merge keys (<<) are not accepted; write the values out"},
        {"? [a]\n: 1\n", "web.yaml:1: a key must be a text, not a list or a mapping"},
        {"{a: 1}: 2\n", "web.yaml:1: a key must be a text, not a list or a mapping"},
        {"~: 1\n", "web.yaml:1: a key must be a text; write it in quotes"},
        {"null: 1\n", "web.yaml:1: a key must be a text; write it in quotes"},
        {": 1\n", "web.yaml:1: a key must be a text; write it in quotes"},
        {"\"\": 1\n", "web.yaml:1: an empty key"},
    });
}

TEST_CASE("tabs are refused with their line, comments apart")
{
    checkAll({
        {"a:\n\tb: 1\n", "web.yaml:2"s + tab},
        {"a:\n  \tb: 1\n", "web.yaml:2"s + tab},
        {"a:\t1\n", "web.yaml:1"s + tab},
        {"a: 1\t# why\n", "web.yaml:1"s + tab},
        {"a: [1,\t2]\n", "web.yaml:1"s + tab},
        {"a: \"x\ty\"\n", "web.yaml:1"s + tab},
        {"a: 1\n\t\nb: 2\n", "web.yaml:2"s + tab},
    });
    CHECK(errorOf("  # one\ttwo\na: 1\n") == "accepted");
    const auto escaped = yaml::parse(R"(a: "x\ty")", "web.yaml");
    REQUIRE(escaped);
    CHECK(escaped->mapping[0].value.scalar == "x\ty");
}

TEST_CASE("a second document is refused by parse, and text after the end by both")
{
    const auto leftOver = "unexpected text after the end of the value"s;
    checkAll({
        {"a: 1\n---\nb: 2\n", "web.yaml:2: a second document (---); one is expected"},
        {"[a] [b]\n", "web.yaml:1: " + leftOver},
        {"[a]\n]\n", "web.yaml:2: not valid YAML: illegal flow end"},
        {"]\n", "web.yaml:1: not valid YAML: illegal flow end"},
        {",\n", "web.yaml:1: " + leftOver},
        {"a: 1\n...\nb: 2\n", "web.yaml:3: " + leftOver},
        {"[a] --- b\n", "web.yaml:1: " + leftOver},
        {"%YAML 1.1\n---\na: 1\n", "web.yaml:1: directives (%) are not accepted"},
        {"%TAG ! tag:x,2000:\n---\na: !b 1\n", "web.yaml:1: directives (%) are not accepted"},
    });
    const auto many = yaml::parseAll("a: 1\n---\n[b] c\n", "web.yaml");
    REQUIRE_FALSE(many);
    CHECK(many.error().message == "web.yaml:3: " + leftOver);
}

TEST_CASE("text that is no text is refused with its line")
{
    checkAll({
        {"a: 1\nb: \xC3\x28\n", "web.yaml:2: not valid UTF-8"},
        {"a: \xC0\xAF\n", "web.yaml:1: not valid UTF-8"},
        {"a: \xED\xA0\x80\n", "web.yaml:1: not valid UTF-8"},
        {"\xFF\xFE"
         "a\0:\0 \0b\0"s,
            "web.yaml:1: not valid UTF-8"},
        {"a\0: b\n"s, "web.yaml:1: a control character (U+0000)"},
        {"a: \x1B[2J\n", "web.yaml:1: a control character (U+001B)"},
        {"a: \xC2\x85\n", "web.yaml:1: a control character (U+0085)"},
        {"a: x\n# \xE2\x80\xAE evil\n", "web.yaml:2: a text direction mark (U+202E)"},
        {"a: \xE2\x80\xA8\n", "web.yaml:1: a line separator (U+2028)"},
        {"a: 1\n\xEF\xBB\xBF\n", "web.yaml:2: not a character (U+FEFF)"},
        {"a: 1\rb: 2\n", "web.yaml:1: a carriage return without a line feed"},
        {"a: 1\n\r\rb: 2\r", "web.yaml:2: a carriage return without a line feed"},
        {R"(a: "x\0y")", "web.yaml:1: a: holds a control character (U+0000)"},
        {R"(a: ["x", "\u202e"])", "web.yaml:1: a[1]: holds a text direction mark (U+202E)"},
        {R"("\e": 1)", "web.yaml:1: holds a control character (U+001B)"},
    });
}

TEST_CASE("a file over the size limit is refused before it is looked at")
{
    const std::string huge(100'000'000, '[');
    const SystemClock clock;
    const auto start = clock.monotonic();
    CHECK(errorOf(huge) == "web.yaml:1: larger than the limit of 1048576 bytes");
    CHECK((clock.monotonic() - start).count() < 1000);
}

TEST_CASE("deep nesting and too many values are refused at the limit")
{
    CHECK(errorOf(repeated("[", 20) + repeated("]", 20)) == "accepted");
    CHECK(errorOf(repeated("[", 21) + repeated("]", 21)) ==
          "web.yaml:1: nested deeper than 20 levels");
    const auto brackets = "web.yaml:1: more than 40000 brackets and commas";
    CHECK(errorOf(repeated("[", 500'000)) == brackets);
    CHECK(errorOf(repeated("{a: ", 200'000)) == brackets);
    CHECK(errorOf("[" + repeated("a,", 500'000) + "]") == brackets);
    CHECK(errorOf(repeated("- ", 500'000)) == "web.yaml:1: nested deeper than 20 levels");
    std::string block;
    for (std::size_t level = 0; level < 21; ++level)
        block += std::string(level, ' ') + "a:\n";
    CHECK(errorOf(block) == "web.yaml:21: nested deeper than 20 levels");
    CHECK(errorOf(repeated("- a\n", 20'001)) == "web.yaml:19999: more than 20000 values");
    const auto documents = yaml::parseAll(repeated("---\n", 100'000), "web.yaml");
    REQUIRE_FALSE(documents);
    CHECK(documents.error().message == "web.yaml:10001: more than 20000 values");
}

TEST_CASE("what is no YAML is refused with the line")
{
    checkAll({
        {"a: [1\n",
            "web.yaml:1: a[0]: no colon after 1 on the same line; or a bracket is not closed"},
        {"a: [[1]\n", "web.yaml:2: not valid YAML: end of sequence flow not found"},
        {"a: {b: 1\n", "web.yaml:2: not valid YAML: end of map flow not found"},
        {"a: b: c\n", "web.yaml:1: not valid YAML: illegal map value"},
        {"a: 1\nb: 'x\n", "web.yaml:2: b: the quote is not closed"},
        {"a: 1\nb: \"x\\\"\n\n", "web.yaml:2: b: the quote is not closed"},
        {"a: 1\nb: ['it''s\n", "web.yaml:2: b[0]: the quote is not closed"},
        {"a: 1\nbc", "web.yaml:2: no colon after bc on the same line"},
        {"a: 1\n\"bc\"", "web.yaml:2: no colon after bc on the same line"},
        {"a: {b, c: 1}\n",
            "web.yaml:1: a: no colon after b on the same line; or a bracket is not closed"},
        {"a:\nb\n", "web.yaml:2: no colon after b on the same line"},
        {"a:\n[b]\n", "web.yaml:2: a: the value must be indented more than its key"},
        {"x:\n  a:\n  \"b\"\n", "web.yaml:3: x.a: the value must be indented more than its key"},
        {"a:\n{b: 1}\n", "web.yaml:2: a: the value must be indented more than its key"},
        {"a: 1\nb\n  c: 2\n", "web.yaml:3: not valid YAML: illegal map value"},
        {"? a\n: 1\n", "web.yaml:1: no colon after a on the same line"},
        {"a: [b\nc: 1\n", "web.yaml:2: not valid YAML: end of sequence flow not found"},
    });
    for (const std::string text :
        {"a: 'x\n", "a: \"x\n", "a: \"\\q\"\n", "a: \"\\ud800\"\n", "a: 1\n b: 2\n", "a: @x\n",
            "a: `x\n", "a:\n  - 1\n b: 2\n", "- 1\na: 2\n", "a: 1\n- 2\n", "a: ]\n", "a: }\n",
            "a: \"x\" y\n", "a: 'x' 'y'\n", "a: [1] 2\n", "a: {b: 1} c\n", "a\nb: 1\n",
            "a: >x\n  b\n", "a: |\n b\n  c\nd\n", "a: [b, c\nd: e\n"}) {
        CAPTURE(text);
        CHECK(errorOf(text) != "accepted");
    }
}

TEST_CASE("a hostile file name or key cannot write to the terminal")
{
    const auto error = yaml::parse("a: 1\na: 1\n", "x\x1B[2J.yaml");
    REQUIRE_FALSE(error);
    CHECK(error.error().message.find('\x1B') == std::string::npos);
    CHECK(errorOf("a: \"\\\xC3\xA9\"\n") ==
          "web.yaml:1: not valid YAML: unknown escape character: \xEF\xBF\xBD");
    const auto key = errorOf(std::string(5000, 'k') + ": 1\n" + std::string(5000, 'k') + ": 2\n");
    CHECK(key.size() < 200);
}
