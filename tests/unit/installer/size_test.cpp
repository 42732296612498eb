#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>

TEST_CASE("the program that runs as root can be read in one sitting")
{
    std::size_t lines = 0;
    const auto folder = std::filesystem::path(PERENNIAL_SOURCE_DIR) / "agent/installer";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const auto extension = entry.path().extension();
        if (extension != ".cpp" && extension != ".h") continue;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);)
            ++lines;
    }
    CHECK(lines > 500);  // it was found
    CHECK(lines < 3100); // docs/decisions/size_of_the_installer.md
}
