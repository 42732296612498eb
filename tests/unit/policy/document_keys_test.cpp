// The keys that the parser knows, those that docs/policies.md explains and those of the JSON
// Schemas are the same.

#include "shared/policy/document_keys.h"

#include "shared/base/json.h"
#include "tests/support/test_pki.h"
#include "tests/unit/policy/example_documents.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

using namespace perennial;

namespace {

struct Kind {
    std::string name;
    std::span<const policy::DocumentKey> keys;
};

const std::vector<Kind>& kinds()
{
    static const std::vector<Kind> list = {{"enrollment-service", policy::enrollmentServiceKeys},
        {"certificate-policy", policy::certificatePolicyKeys},
        {"trust-anchors", policy::trustAnchorsKeys}};
    return list;
}

using Keys = std::map<std::string, bool>; // path to required

Keys keysOf(std::span<const policy::DocumentKey> keys)
{
    Keys found;
    for (const auto& key : keys)
        found.emplace(key.path, key.required);
    return found;
}

std::string sourceText(const std::string& path)
{
    return test::readText(std::string(PERENNIAL_SOURCE_DIR) + "/" + path);
}

void collect(const Json& schema, const std::string& prefix, Keys& found)
{
    const Json* properties = schema.find("properties");
    if (properties == nullptr) return;
    CHECK_MESSAGE(schema.find("additionalProperties") != nullptr, prefix);
    CHECK(*schema.find("additionalProperties") == Json(false));
    for (const auto& [name, property] : *properties->object()) {
        bool required = false;
        if (const Json* list = schema.find("required")) {
            const auto& array = *list->array();
            required = std::find(array.begin(), array.end(), Json(name)) != array.end();
        }
        found.emplace(prefix + name, required);
        collect(property, prefix + name + ".", found);
    }
}

// Rows "| `renew.before` | yes | ..." below the heading of the kind.
Keys keysOnPage(const std::string& kind)
{
    const std::string page = sourceText("docs/policies.md");
    const auto begin = page.find("## `kind: " + kind + "`");
    REQUIRE(begin != std::string::npos);
    std::istringstream lines(page.substr(begin, page.find("\n## ", begin) - begin));
    Keys found;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("| `", 0) != 0) continue;
        const auto end = line.find("` | ", 3);
        REQUIRE_MESSAGE(end != std::string::npos, line);
        const bool required = line.compare(end + 4, 4, "yes ") == 0;
        CHECK_MESSAGE((required || line.compare(end + 4, 3, "no ") == 0), line);
        found.emplace(line.substr(3, end - 3), required);
    }
    return found;
}

} // namespace

TEST_CASE("the JSON Schemas have the parser's keys, and the same ones required")
{
    for (const auto& kind : kinds()) {
        CAPTURE(kind.name);
        const auto schema = Json::parse(sourceText("policies/schema/" + kind.name + ".json"));
        REQUIRE(schema);
        Keys found;
        collect(*schema, "", found);
        CHECK(found == keysOf(kind.keys));
        CHECK(*schema->find("properties")->find("kind")->find("const") == Json(kind.name));
    }
}

TEST_CASE("the page explains the parser's keys, and no others")
{
    for (const auto& kind : kinds()) {
        CAPTURE(kind.name);
        CHECK(keysOnPage(kind.name) == keysOf(kind.keys));
    }
}

TEST_CASE("the page's certificate-policy is a good one")
{
    const std::string page = sourceText("docs/policies.md");
    const std::string fence = "```yaml\n";
    const auto begin = page.find(fence + "kind: certificate-policy");
    REQUIRE(begin != std::string::npos);
    const std::string text =
        page.substr(begin + fence.size(), page.find("```\n", begin + 3) - begin - fence.size());
    const auto parsed = policy::parseDocuments({{"page.yaml", text}, test::serviceDocument()});
    CHECK_MESSAGE(parsed.problems.empty(), policy::toText(parsed.problems));
}
