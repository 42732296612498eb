// The unit files, in the eyes of systemd's own tool.

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

using namespace perennial::test;

TEST_CASE("systemd-analyze finds the scanner's units sound and their exposure at most 2.1")
{
    const char* analyze = "/usr/bin/systemd-analyze";
    if (::access(analyze, X_OK) != 0) {
        MESSAGE("skipped here: there is no systemd-analyze");
        return;
    }
    const std::string folder = std::string(PERENNIAL_SOURCE_DIR) + "/deploy/systemd/";
    const auto exposureBelow = [&](const char* threshold) {
        return runTool({analyze, "security", "--no-pager", "--offline=yes",
            std::string("--threshold=") + threshold, folder + "perennial-scanner@.service"});
    };
    const auto exposure = exposureBelow("21");
    CHECK_MESSAGE(exposure.status == 0, exposure.output);
    CHECK(exposure.output.find("Overall exposure level") != std::string::npos);
    CHECK(exposureBelow("1").status != 0); // the tool does say no
    for (const char* unit : {"perennial-scanner.socket", "perennial-scanner@.service"}) {
        const auto verified = runTool({analyze, "verify", "--man=no", folder + unit});
        CHECK_MESSAGE(verified.output.find("Unknown") == std::string::npos, verified.output);
        CHECK_MESSAGE(
            verified.output.find("Failed to parse") == std::string::npos, verified.output);
    }
}

TEST_CASE("the scanner has no power but to read, and no network but the host's own")
{
    const auto unit =
        readText(std::string(PERENNIAL_SOURCE_DIR) + "/deploy/systemd/perennial-scanner@.service");
    for (const char* line :
        {"\nUser=perennial-scanner\n", "\nCapabilityBoundingSet=CAP_DAC_READ_SEARCH\n",
            "\nAmbientCapabilities=CAP_DAC_READ_SEARCH\n", "\nRestrictNetworkInterfaces=lo\n",
            "\nSocketBindDeny=any\n", "\nStandardOutput=socket\n"})
        CHECK_MESSAGE(unit.find(line) != std::string::npos, line);
}
