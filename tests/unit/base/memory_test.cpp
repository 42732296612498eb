#include "shared/base/memory.h"

#include <doctest/doctest.h>
#include <fstream>
#include <string>

using namespace perennial;

namespace {

// KiB of program text, ours and the libraries', that this process is charged for.
long residentText()
{
    std::ifstream maps("/proc/self/smaps");
    long sum = 0;
    bool isText = false;
    for (std::string line; std::getline(maps, line);) {
        if (line.find(" r-xp ") != std::string::npos) isText = true;
        else if (line.find("VmFlags:") == 0) isText = false;
        else if (isText && line.find("Rss:") == 0) sum += std::stol(line.substr(4));
    }
    return sum;
}

} // namespace

TEST_CASE("an idle process lets go of program text, and goes on when it needs it again")
{
    const auto before = residentText();
    giveBackMemory();
    const auto after = residentText();
    CHECK(before > 0);
    CHECK(after < before);
}
