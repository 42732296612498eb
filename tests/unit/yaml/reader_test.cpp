#include "shared/yaml/strict_yaml.h"

#include <doctest/doctest.h>

using namespace perennial;
using yaml::Reader;
using yaml::Value;

namespace {

Value parsed(std::string_view text)
{
    auto value = yaml::parse(text, "web.yaml");
    if (!value) FAIL(value.error().message);
    return std::move(value).value();
}

template <class Read>
std::string errorOf(std::string_view text, Read read)
{
    const auto value = parsed(text);
    Reader reader(value, "web.yaml");
    read(reader);
    const auto status = reader.finish();
    return status ? "ok" : status.error().message;
}

} // namespace

TEST_CASE("a reader gives each kind of value and finishes clean")
{
    const auto value = parsed("name: web\n"
                              "count: 10\n"
                              "negative: -3\n"
                              "strict: true\n"
                              "before: 30d\n"
                              "mode: warn\n"
                              "names: [a, b]\n"
                              "labels: {role: web, site: \"1\"}\n"
                              "store: {folder: /etc}\n"
                              "sources:\n"
                              "  - {kind: files}\n"
                              "  - {kind: nginx}\n"
                              "actions:\n"
                              "  reload: {run: x}\n");
    Reader reader(value, "web.yaml");
    CHECK(reader.text("name") == "web");
    CHECK(reader.integer("count") == 10);
    CHECK(reader.integerOr("negative", 0) == -3);
    CHECK(reader.booleanOr("strict", false));
    CHECK(reader.duration("before") == std::chrono::days(30));
    CHECK(reader.oneOf("mode", {"warn", "stop"}) == "warn");
    CHECK(reader.texts("names") == std::vector<std::string>{"a", "b"});
    CHECK(reader.textMapOr("labels").at("site") == "1");
    CHECK(reader.mapping("store").text("folder") == "/etc");
    auto sources = reader.mappings("sources");
    REQUIRE(sources.size() == 2);
    CHECK(sources[0].text("kind") == "files");
    CHECK(sources[1].text("kind") == "nginx");
    CHECK(sources[1].line() == 12);
    auto actions = reader.optionalNamedMappings("actions");
    REQUIRE(actions.size() == 1);
    CHECK(actions[0].first == "reload");
    CHECK(actions[0].second.text("run") == "x");
    CHECK(reader.lineOf("before") == 5);
    CHECK(reader.has("names"));
    CHECK_FALSE(reader.has("absent"));
    CHECK(reader.finish().ok());
}

TEST_CASE("what is absent and optional takes the value given")
{
    const auto value = parsed("{}");
    Reader reader(value, "web.yaml");
    CHECK(reader.textOr("a", "x") == "x");
    CHECK_FALSE(reader.optionalText("a").has_value());
    CHECK(reader.integerOr("a", 7) == 7);
    CHECK(reader.booleanOr("a", true));
    CHECK(reader.durationOr("a", Duration(5)) == Duration(5));
    CHECK(reader.textsOr("a", {"p"}) == std::vector<std::string>{"p"});
    CHECK(reader.textMapOr("a").empty());
    CHECK(reader.oneOfOr("a", {"p", "q"}, "q") == "q");
    CHECK_FALSE(reader.optionalMapping("a").has_value());
    CHECK(reader.optionalMappings("a").empty());
    CHECK(reader.optionalNamedMappings("a").empty());
    CHECK(reader.finish().ok());
}

TEST_CASE("what is missing is named with the line of its mapping, and the likely slip")
{
    CHECK(errorOf("a: 1\n", [](Reader& r) { r.text("name"); }) == "web.yaml:1: name: missing");
    CHECK(errorOf("# x\nb: {c: 1}\n", [](Reader& r) { r.mapping("b").integer("n"); }) ==
          "web.yaml:2: b.n: missing");
    CHECK(errorOf("a: 1\nrenwe: 1\n", [](Reader& r) { r.text("renew"); }) ==
          "web.yaml:1: renew: missing (line 2 has \"renwe\")");
    CHECK(errorOf("a: 1\n", [](Reader& r) { r.mappings("sources"); }) ==
          "web.yaml:1: sources: missing");
    CHECK(errorOf("sources: []\n", [](Reader& r) { r.mappings("sources"); }) ==
          "web.yaml:1: sources: must have at least one entry");
    CHECK(errorOf("name: \"\"\n", [](Reader& r) { r.text("name"); }) ==
          "web.yaml:1: name: must not be empty");
}

TEST_CASE("unknown keys are found at every depth, with a suggestion for a slip")
{
    const auto readAll = [](Reader& r) {
        r.textOr("name", "");
        if (auto store = r.optionalMapping("store")) store->textOr("folder", "");
        for (auto& source : r.optionalMappings("sources"))
            source.textOr("kind", "");
        for (auto& [name, action] : r.optionalNamedMappings("actions"))
            action.textOr("run", "");
    };
    CHECK(errorOf("name: a\nother: 1\n", readAll) == "web.yaml:2: other: unknown key");
    CHECK(errorOf("store:\n  floder: /etc\n", readAll) ==
          "web.yaml:2: store.floder: unknown key; did you mean folder?");
    CHECK(errorOf("sources:\n  - {kind: a}\n  - {kind: a, x: 1}\n", readAll) ==
          "web.yaml:3: sources[1].x: unknown key");
    CHECK(errorOf("actions:\n  go:\n    rum: a\n", readAll) ==
          "web.yaml:3: actions.go.rum: unknown key; did you mean run?");
    CHECK(errorOf("Name: a\n", readAll) == "web.yaml:1: Name: unknown key; did you mean name?");
}

TEST_CASE("the reader of a nested mapping finishes that mapping alone")
{
    const auto value = parsed("other: 1\nstore: {folder: /etc}\n");
    Reader reader(value, "web.yaml");
    auto store = reader.mapping("store");
    store.text("folder");
    CHECK(store.finish().ok());
    CHECK_FALSE(reader.finish().ok());
}

TEST_CASE("a value of the wrong kind is refused with what is expected")
{
    CHECK(errorOf("a: [1]\n", [](Reader& r) { r.text("a"); }) ==
          "web.yaml:1: a: must be a text, not a list");
    CHECK(errorOf("a: {b: 1}\n", [](Reader& r) { r.textOr("a", ""); }) ==
          "web.yaml:1: a: must be a text, not a mapping (key: value)");
    CHECK(errorOf("\na: b\n", [](Reader& r) { r.texts("a"); }) ==
          "web.yaml:2: a: must be a list, not a text");
    CHECK(errorOf("a:\n- x\n- [y]\n", [](Reader& r) { r.texts("a"); }) ==
          "web.yaml:3: a[1]: must be a text, not a list");
    CHECK(errorOf("a: {b: [c]}\n", [](Reader& r) { r.textMapOr("a"); }) ==
          "web.yaml:1: a.b: must be a text, not a list");
    CHECK(errorOf("a:\n  - b\n", [](Reader& r) { r.mappings("a"); }) ==
          "web.yaml:2: a[0]: must be a mapping (key: value), not a text");
    CHECK(errorOf("a: {b: c}\n", [](Reader& r) { r.optionalNamedMappings("a"); }) ==
          "web.yaml:1: a.b: must be a mapping (key: value), not a text");
    CHECK(errorOf("- a\n", [](Reader&) {}) ==
          "web.yaml:1: must be a mapping (key: value), not a list");
    CHECK(errorOf("", [](Reader& r) { r.text("a"); }) ==
          "web.yaml:1: has no value; a mapping (key: value) is expected");
}

TEST_CASE("a key without a value is refused, also where the key is optional")
{
    CHECK(errorOf("a:\n", [](Reader& r) { r.textOr("a", "x"); }) ==
          "web.yaml:1: a: has no value; a text is expected");
    CHECK(errorOf("b: 1\na: null\n", [](Reader& r) { r.optionalMapping("a"); }) ==
          "web.yaml:2: a: has no value; a mapping (key: value) is expected");
    CHECK(errorOf("a: ~\n", [](Reader& r) { r.textsOr("a", {}); }) ==
          "web.yaml:1: a: has no value; a list is expected");
}

TEST_CASE("numbers are decimal, whole and in range, or refused")
{
    for (const std::string text : {"010", "0x10", "1_000", "1e3", "1.0", "+1", "-0", "-01", "--1",
             ".nan", ".inf", "9223372036854775808", "1 2", "\"\"", "\" 1\"", "\"1 \"", "ten"}) {
        CAPTURE(text);
        const auto message =
            errorOf("a: " + text + "\n", [](Reader& r) { CHECK(r.integerOr("a", 5) == 5); });
        CHECK(
            message.starts_with("web.yaml:1: a: must be a whole decimal number such as 10, not "));
    }
    CHECK(errorOf("a: 010\n", [](Reader& r) { r.integer("a"); }) ==
          "web.yaml:1: a: must be a whole decimal number such as 10, not \"010\"");
    const auto value = parsed("a: 0\nb: 9223372036854775807\nc: -9223372036854775808\n");
    Reader reader(value, "web.yaml");
    CHECK(reader.integer("a") == 0);
    CHECK(reader.integer("b") == INT64_MAX);
    CHECK(reader.integer("c") == INT64_MIN);
    CHECK(reader.finish().ok());
}

TEST_CASE("a country named no stays a text and is no boolean")
{
    const auto value = parsed("country: no\n");
    Reader reader(value, "web.yaml");
    CHECK(reader.text("country") == "no");
    for (const std::string text : {"no", "yes", "on", "off", "True", "TRUE", "1", "y"})
        CHECK(errorOf("a: " + text + "\n", [](Reader& r) { r.booleanOr("a", false); }) ==
              "web.yaml:1: a: must be true or false, not \"" + text + "\"");
}

TEST_CASE("durations need a unit and choices are named")
{
    CHECK(errorOf("a: 30\n", [](Reader& r) { r.duration("a"); }) ==
          "web.yaml:1: a: must be a duration such as 45s, 15m, 12h or 30d, not \"30\"");
    CHECK(errorOf("a: off\n", [](Reader& r) {
        r.oneOf("a", {"warn", "stop"});
    }) == "web.yaml:1: a: must be one of warn, stop, not \"off\"");
    CHECK(errorOf("a: \"\\u00e9\\n\"\n", [](Reader& r) { r.oneOf("a", {"b"}); }).find('\n') ==
          std::string::npos);
}

TEST_CASE("the first thing wrong is kept and later getters give empty values")
{
    const auto message = errorOf("a: x\nb: y\nc: [1]\n", [](Reader& r) {
        CHECK(r.integer("a") == 0);
        CHECK(r.failed());
        CHECK(r.text("b").empty());
        CHECK(r.texts("c").empty());
        CHECK(r.mapping("d").text("e").empty());
        r.fail("b", "is odd");
    });
    CHECK(message == "web.yaml:1: a: must be a whole decimal number such as 10, not \"x\"");
}

TEST_CASE("a caller's own check names line and path")
{
    CHECK(errorOf("x: 1\na:\n  b: 5\n", [](Reader& r) {
        r.text("x");
        auto a = r.mapping("a");
        if (a.integer("b") == 5) a.fail("b", "must not be 5");
    }) == "web.yaml:3: a.b: must not be 5");
    const auto value = parsed("b: 5\n");
    Reader nested(value, "web.yaml", "outer");
    nested.fail("b", "is odd");
    CHECK(nested.finish().error().message == "web.yaml:1: outer.b: is odd");
    CHECK(nested.finish().error().kind == ErrorKind::InvalidInput);
}

TEST_CASE("modes are four octal digits within what may be given")
{
    const auto read = [](Reader& reader) {
        if (reader.modeOr("mode", 0600, 0640) != 0640) reader.fail("mode", "another number");
    };
    CHECK(errorOf("mode: \"0640\"", read) == "ok");
    CHECK(errorOf("mode: 0640", read) == "ok");
    CHECK(errorOf("mode: \"0644\"", read) ==
          "web.yaml:1: mode: gives away more than may be given: \"0644\"");
    for (const char* text : {"640", "00640", "0x1a", "rw-r", "0648", "-640", "+640"}) {
        CAPTURE(text);
        CHECK(errorOf("mode: \"" + std::string(text) + "\"", read)
                  .find("mode: must be four octal digits") != std::string::npos);
    }
    const auto absent = [](Reader& reader) {
        if (reader.modeOr("mode", 0600, 0640) != 0600) reader.fail("mode", "another number");
    };
    CHECK(errorOf("{}", absent) == "ok");
}

TEST_CASE("an absolute path is one, and spelt in one way")
{
    const auto read = [](Reader& reader) { (void)reader.absolutePath("file"); };
    CHECK(errorOf("file: /etc/web.pem", read) == "ok");
    for (const char* text :
        {"web.pem", "./web.pem", "/etc/../web.pem", "/etc//web.pem", "/etc/", "/"}) {
        CAPTURE(text);
        CHECK(errorOf("file: " + std::string(text), read)
                  .starts_with(
                      "web.yaml:1: file: \"" + std::string(text) + "\" is not an absolute path"));
    }
    CHECK(errorOf("{}", read).find("file") != std::string::npos);
}
