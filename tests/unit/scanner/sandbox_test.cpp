// What the scanner's unit allows.

#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <string>

using namespace perennial::test;

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
