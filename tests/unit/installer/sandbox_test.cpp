// The unit files, in the eyes of systemd's own tool.

#include "tests/support/child_process.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <unistd.h>

using perennial::test::runTool;

TEST_CASE("systemd-analyze finds the installer's unit sound and its exposure at most 1.5")
{
    const char* analyze = "/usr/bin/systemd-analyze";
    if (::access(analyze, X_OK) != 0) {
        MESSAGE("skipped here: there is no systemd-analyze");
        return;
    }
    const std::string folder = std::string(PERENNIAL_SOURCE_DIR) + "/deploy/systemd/";
    const auto exposure = runTool({analyze, "security", "--no-pager", "--offline=yes",
        "--threshold=15", folder + "perennial-installer.service"});
    CHECK_MESSAGE(exposure.status == 0, exposure.output);
    CHECK(exposure.output.find("Overall exposure level") != std::string::npos);
    // A threshold that nothing meets: the tool does say no.
    CHECK(runTool({analyze, "security", "--no-pager", "--offline=yes", "--threshold=1",
                      folder + "perennial-installer.service"})
              .status != 0);
    const auto verified =
        runTool({analyze, "verify", "--man=no", folder + "perennial-installer.socket"});
    CHECK_MESSAGE(verified.output.find("Unknown") == std::string::npos, verified.output);
    CHECK_MESSAGE(verified.output.find("Failed to parse") == std::string::npos, verified.output);
}
