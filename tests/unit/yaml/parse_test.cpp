#include "shared/yaml/strict_yaml.h"

#include <doctest/doctest.h>

using namespace perennial;
using yaml::Value;

namespace {

Value parsed(std::string_view text)
{
    auto value = yaml::parse(text, "web.yaml");
    if (!value) FAIL(value.error().message);
    return std::move(value).value();
}

std::string scalarOf(const std::string& yaml)
{
    return parsed("a: " + yaml + "\n").mapping.at(0).value.scalar;
}

} // namespace

TEST_CASE("plain words stay the text that was written")
{
    for (const std::string word : {"no", "yes", "on", "off", "NO", "y", "true", "010", "0x10",
             "0o7", "1_000", "1e3", ".nan", ".NaN", "NaN", ".inf", "-.inf", "12:30:45",
             "2026-11-21", "+1", "3.10", "<", "=", "a#b", "a:b", "-x", "nullable"}) {
        CAPTURE(word);
        const auto value = parsed("a: " + word + "\n").mapping.at(0).value;
        CHECK(value.kind == Value::Kind::Scalar);
        CHECK(value.scalar == word);
    }
}

TEST_CASE("nothing, ~ and a plain null are Null, and in quotes they are text")
{
    for (const std::string word : {"", "~", "null", "Null", "NULL"})
        CHECK(parsed("a: " + word + "\n").mapping.at(0).value.kind == Value::Kind::Null);
    CHECK(parsed("a: \"null\"\n").mapping.at(0).value.kind == Value::Kind::Scalar);
    CHECK(scalarOf("'~'") == "~");
    CHECK(scalarOf("\"\"").empty());
}

TEST_CASE("an empty file and one of comments are Null, and no documents")
{
    for (const std::string text : {"", "\n\n", "# nothing\n", "\xEF\xBB\xBF"}) {
        CAPTURE(text);
        const auto value = parsed(text);
        CHECK(value.kind == Value::Kind::Null);
        CHECK(value.line == 1);
        const auto all = yaml::parseAll(text, "web.yaml");
        REQUIRE(all);
        CHECK(all->empty());
    }
}

TEST_CASE("mappings keep their order and every value its line")
{
    const auto value = parsed("# policy\n"
                              "name: web\n"
                              "match:\n"
                              "  labels: {role: web,\n"
                              "           site: north}\n"
                              "names:\n"
                              "  - one\n"
                              "\n"
                              "  - two\n"
                              "text: |\n"
                              "  first\n"
                              "  second\n"
                              "empty:\n");
    REQUIRE(value.mapping.size() == 5);
    CHECK(value.line == 2);
    CHECK(value.mapping[0].key == "name");
    CHECK(value.mapping[1].value.line == 3);
    const auto& labels = value.mapping[1].value.mapping.at(0).value;
    CHECK(labels.line == 4);
    CHECK(labels.mapping.at(1).key == "site");
    CHECK(labels.mapping.at(1).value.line == 5);
    CHECK(value.mapping[2].value.line == 6);
    CHECK(value.mapping[2].value.sequence.at(0).line == 7);
    CHECK(value.mapping[2].value.sequence.at(1).line == 9);
    CHECK(value.mapping[3].value.line == 10);
    CHECK(value.mapping[3].value.scalar == "first\nsecond\n");
    CHECK(value.mapping[4].value.kind == Value::Kind::Null);
    CHECK(value.mapping[4].value.line == 13);
}

TEST_CASE("a list may stand below its key without further indentation")
{
    const auto value = parsed("names:\n- one\n- two\nfolders: [a,\nb]\ntext:\n  far\n  away\n");
    CHECK(value.mapping.at(0).value.sequence.size() == 2);
    CHECK(value.mapping.at(1).value.sequence.at(1).scalar == "b");
    CHECK(value.mapping.at(2).value.scalar == "far away");
}

TEST_CASE("Windows line ends and a byte order mark change nothing")
{
    const auto value = parsed("\xEF\xBB\xBF"
                              "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: \"p\r\n  q\"\r\n");
    CHECK(value.mapping.at(0).value.scalar == "1");
    CHECK(value.mapping.at(1).value.scalar == "x\ny\n");
    CHECK(value.mapping.at(2).value.scalar == "p q");
    CHECK(value.mapping.at(2).value.line == 5);
}

TEST_CASE("quotes, escapes and letters of every language arrive as written")
{
    CHECK(scalarOf(R"("a\\b\"c\x41\u00e9")") == "a\\b\"cA\xC3\xA9");
    CHECK(scalarOf("'it''s'") == "it's");
    CHECK(scalarOf("\xD0\xBF\xD0\xBE \xF0\x9F\x94\x91") == "\xD0\xBF\xD0\xBE \xF0\x9F\x94\x91");
    CHECK(scalarOf("https://host:8443/path#part") == "https://host:8443/path#part");
}

TEST_CASE("parseAll reads documents separated by three dashes, with lines of the whole file")
{
    const auto all = yaml::parseAll("---\na: 1\n---\nb: 2\n...\n---\n- c\n", "web.yaml");
    REQUIRE(all);
    REQUIRE(all->size() == 3);
    CHECK((*all)[0].mapping.at(0).key == "a");
    CHECK((*all)[1].mapping.at(0).value.line == 4);
    CHECK((*all)[2].sequence.at(0).line == 7);
    const auto repeats = yaml::parseAll("a: 1\n---\na: 2\n", "web.yaml");
    CHECK(repeats.ok());
}

TEST_CASE("one document may begin with three dashes")
{
    CHECK(parsed("---\na: 1\n...\n").mapping.at(0).value.scalar == "1");
}
