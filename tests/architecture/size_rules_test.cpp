// Files near 100 lines, none over 400; folders with names that say something.

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> sourceFiles()
{
    std::vector<fs::path> files;
    for (const char* top : {"shared", "plugins", "agent", "controller", "tests", "deploy"}) {
        for (const auto& entry :
            fs::recursive_directory_iterator(fs::path(PERENNIAL_SOURCE_DIR) / top)) {
            const auto extension = entry.path().extension();
            if (extension == ".h" || extension == ".cpp" || extension == ".py")
                files.push_back(entry.path());
        }
    }
    return files;
}

std::size_t lineCount(const fs::path& path)
{
    std::ifstream in(path);
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line);)
        ++lines;
    return lines;
}

} // namespace

TEST_CASE("no file is over 400 lines, and the median is near 100")
{
    std::vector<std::size_t> counts;
    for (const auto& file : sourceFiles()) {
        counts.push_back(lineCount(file));
        CHECK_MESSAGE(counts.back() <= 400, file << " has " << counts.back() << " lines");
    }
    REQUIRE(counts.size() > 100);
    std::sort(counts.begin(), counts.end());
    CHECK(counts[counts.size() / 2] <= 130);
}

TEST_CASE("no folder or file is called util, common or helpers")
{
    for (const auto& file : sourceFiles()) {
        for (const auto& part : fs::relative(file, PERENNIAL_SOURCE_DIR)) {
            const auto name = part.stem().string();
            const bool vague = name == "util" || name == "utils" || name == "common" ||
                               name == "helpers" || name == "misc";
            CHECK_MESSAGE(!vague, file << " has a name that says nothing");
        }
    }
}
