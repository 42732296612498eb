// docs/audit_events.md and the code have the same kinds, members and form.

#include "shared/model/audit_event.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

using namespace perennial;

namespace {

std::string page()
{
    return test::readText(std::string(PERENNIAL_SOURCE_DIR) + "/docs/audit_events.md");
}

// What stands in the first column of every table under the heading, without its backquotes.
std::multiset<std::string> firstColumns(const std::string& heading, const std::string& end)
{
    const std::string text = page();
    const auto begin = text.find(heading);
    REQUIRE(begin != std::string::npos);
    std::istringstream lines(text.substr(begin, text.find(end, begin + 1) - begin));
    std::multiset<std::string> found;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("| `", 0) == 0) found.insert(line.substr(3, line.find('`', 3) - 3));
    }
    return found;
}

Json exampleOnPage()
{
    const std::string text = page();
    const std::string fence = "```json\n";
    const auto begin = text.find(fence) + fence.size();
    const auto json = Json::parse(text.substr(begin, text.find("```", begin) - begin));
    REQUIRE_MESSAGE(json, json.error().message);
    return *json;
}

} // namespace

TEST_CASE("the page describes every kind of event once, and none that does not exist")
{
    const auto described = firstColumns("## The list", "\n## ");
    const std::multiset<std::string> known(model::eventKinds.begin(), model::eventKinds.end());
    for (const auto& kind : known)
        CHECK_MESSAGE(described.count(kind) == 1, kind);
    for (const auto& kind : described)
        CHECK_MESSAGE(known.count(kind) == 1, kind);
    CHECK(model::isEventKind("renewal.completed"));
    CHECK_FALSE(model::isEventKind("renewal"));
    CHECK_FALSE(model::isEventKind(""));
}

TEST_CASE("every kind is written by some code, or the page says that it is reserved")
{
    namespace fs = std::filesystem;
    std::string sources;
    for (const char* top : {"agent", "controller", "plugins", "shared"}) {
        for (const auto& entry :
            fs::recursive_directory_iterator(fs::path(PERENNIAL_SOURCE_DIR) / top)) {
            const auto name = entry.path().filename().string();
            // These name kinds without writing events.
            if (name == "audit_event.h" || name.rfind("syslog_severity", 0) == 0 ||
                entry.path().extension() != ".cpp")
                continue;
            sources += test::readText(entry.path().string());
        }
    }
    const std::string text = page();
    const auto begin = text.find("\nReserved: ");
    REQUIRE(begin != std::string::npos);
    const auto reserved = text.substr(begin, text.find("\n\n", begin) - begin);
    for (const auto kind : model::eventKinds) {
        const bool written = sources.find('"' + std::string(kind) + '"') != std::string::npos;
        const bool kept = reserved.find('`' + std::string(kind) + '`') != std::string::npos;
        CHECK_MESSAGE((written || kept), kind);
    }
}

TEST_CASE("the page explains every member of an event, and its example has them all")
{
    const Json example = exampleOnPage();
    std::multiset<std::string> members;
    for (const auto& [name, value] : *example.object())
        members.insert(name);
    CHECK(firstColumns("## The form", "\n## ") == members);
}

TEST_CASE("the page's example is an event, with what the log adds taken off")
{
    Json example = exampleOnPage();
    CHECK(example.object()->erase("seq") == 1);
    CHECK(example.object()->erase("recorded_time") == 1);
    const auto event = model::auditEventFromJson(example);
    REQUIRE_MESSAGE(event, event.error().message);
    CHECK(model::toJson(*event)->pretty() == example.pretty());
    // Nothing in it is at its default, so a member that the code forgets is missed here.
    CHECK(event->agentSequence == 17);
    CHECK(event->actor.address == "192.0.2.7");
    CHECK(event->policy.size() > 41);
    CHECK(event->details.size() == 3);
}
