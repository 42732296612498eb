// Documents of kind trust-anchors: what is wrong in one, and which counts on a host.

#include "tests/support/golden.h"
#include "tests/support/test_pki.h"
#include "tests/unit/policy/example_documents.h"

#include <doctest/doctest.h>
#include <sstream>

using namespace perennial;
using policy::anchorsFor;
using policy::parseDocuments;

namespace {

std::string document(const std::string& name, const std::string& match, int priority,
    const std::string& store = "system")
{
    std::istringstream lines(test::readTestData("web.pem"));
    std::string text = "kind: trust-anchors\nname: " + name + "\nmatch: " + match +
                       "\npriority: " + std::to_string(priority) + "\nstore: " + store +
                       "\nanchors: |\n";
    for (std::string line; std::getline(lines, line);)
        text += "  " + line + "\n";
    return text;
}

std::string problemsOf(const std::string& text)
{
    return policy::toText(parseDocuments({{"trust.yaml", text}}).problems);
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("of each trust store the matching document with the highest priority counts")
{
    const auto parsed = parseDocuments({{"a.yaml", document("everywhere", "{}", 0)},
        {"b.yaml", document("berlin", "{labels: {site: berlin}}", 10)},
        {"c.yaml", document("java", "{labels: {site: paris}}", 0, "java")}});
    REQUIRE_MESSAGE(parsed.problems.empty(), policy::toText(parsed.problems));
    const auto namesFor = [&](std::map<std::string, std::string> labels) {
        std::string names;
        for (const auto* anchors : anchorsFor(parsed.set, {{}, "h", std::move(labels)}))
            names += anchors->name + " ";
        return names;
    };
    CHECK(namesFor({}) == "everywhere ");
    CHECK(namesFor({{"site", "berlin"}}) == "berlin ");
    CHECK(namesFor({{"site", "paris"}}) == "java everywhere ");
    CHECK(parsed.set.anchors.front().pem == test::readTestData("web.pem"));
}

TEST_CASE("what is wrong with trust anchors is said with file and line")
{
    const auto good = document("one", "{}", 0);
    CHECK(problemsOf(good).empty());
    CHECK(problemsOf("kind: trust-anchors\nname: a\nmatch: {}\nstore: system\nanchors: none\n")
              .empty());
    CHECK(contains(problemsOf("kind: trust-anchors\nname: a\nmatch: {}\nstore: system\n"),
        "anchors is missing"));
    CHECK(contains(
        problemsOf("kind: trust-anchors\nname: a\nmatch: {}\nstore: system\nanchors: ''\n"),
        "anchors is empty"));
    CHECK(contains(problemsOf("kind: trust-anchors\nname: a\nmatch: {}\nstore: system\n"
                              "anchors: nonsense\n"),
        "has no PEM certificate"));
    CHECK(contains(problemsOf(good + "surprise: 1\n"), "trust.yaml:"));
    CHECK(contains(problemsOf(good + "---\n" + document("one", "{}", 1)),
        "the trust-anchors one is in trust.yaml:1 already"));
    CHECK(contains(problemsOf(good + "---\n" + document("two", "{}", 0)), "0 is also that of one"));
    CHECK(problemsOf(good + "---\n" + document("two", "{}", 0, "java")).empty());
}
