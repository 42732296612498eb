// The unit files, in the eyes of systemd's own tool.

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <string>
#include <unistd.h>

using namespace perennial::test;

namespace {

const char* const analyze = "/usr/bin/systemd-analyze";
const std::string folder = std::string(PERENNIAL_SOURCE_DIR) + "/deploy/systemd/";

// Highest exposure of each service, in tenths. The scanner reads every file and greets listeners; the
// enrolment service binds ports below 1024.
const std::map<std::string, int> mostExposure = {{"perennial-agent.service", 15},
    {"perennial-agent-join.service", 15}, {"perennial-installer.service", 15},
    {"perennial-scanner@.service", 21}, {"perennial-token-keeper@.service", 15}, {"perennial-controller.service", 15},
    {"perennial-enrollment.service", 15}};

ToolRun exposureOf(const std::string& unit, int tenths)
{
    return runTool({analyze, "security", "--no-pager", "--offline=yes",
        "--threshold=" + std::to_string(tenths), folder + unit});
}

bool canAnalyze()
{
    if (::access(analyze, X_OK) == 0) return true;
    MESSAGE("skipped here: there is no systemd-analyze");
    return false;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("no service is more exposed than its figure allows, in the eyes of systemd-analyze")
{
    if (!canAnalyze()) return;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto unit = entry.path().filename().string();
        if (entry.path().extension() != ".service") continue;
        REQUIRE_MESSAGE(mostExposure.count(unit) == 1, unit << " has no figure");
        const auto measured = exposureOf(unit, mostExposure.at(unit));
        CHECK_MESSAGE(measured.status == 0, unit, ": ", measured.output);
        CHECK(contains(measured.output, "Overall exposure level"));
        CHECK_MESSAGE(exposureOf(unit, 1).status != 0, "the tool never says no");
    }
}

TEST_CASE("systemd understands every line of the units")
{
    if (!canAnalyze()) return;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto verified = runTool({analyze, "verify", "--man=no", entry.path()});
        for (const char* complaint : {"Unknown", "Failed to parse", "Invalid", "ignoring"})
            CHECK_MESSAGE(!contains(verified.output, complaint), verified.output);
    }
}

TEST_CASE("services near keys leave no core dump, nothing in swap, and may lock the memory of keys")
{
    for (const auto& [unit, ignored] : mostExposure) {
        const auto text = readText(folder + unit);
        CHECK_MESSAGE(contains(text, "\nLimitCORE=0\n"), unit);
        CHECK_MESSAGE(contains(text, "\nMemorySwapMax=0\n"), unit);
        CHECK_MESSAGE(contains(text, "\nUMask=0077\n"), unit);
        CHECK_MESSAGE(contains(text, "\nLimitMEMLOCK=8M\n"), unit);
    }
}

// It would take the shared memory of the user's own service away (systemd.exec(5), RemoveIPC=).
TEST_CASE("a unit that runs as a user who has a service of his own removes none of his IPC objects")
{
    int asOthers = 0;
    for (const auto& [unit, ignored] : mostExposure) {
        const auto text = readText(folder + unit);
        if (!contains(text, "\nUser=%i\n")) continue;
        ++asOthers;
        CHECK_MESSAGE(!contains(text, "\nRemoveIPC=yes\n"), unit);
    }
    CHECK(asOthers > 0);
}
