// Files near 100 lines, none over 400; functions under 60; folders with names that say something.

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

struct LongFunction {
    std::size_t line = 0; // of its opening brace
    std::size_t lines = 0;
};

// As clang-format lays code out, a function's braces stand alone on their lines, the closing one
// as deep as the opening one; those of types and blocks do not.
std::vector<LongFunction> functionsOver(std::size_t limit, const fs::path& path)
{
    std::vector<std::string> text;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);)
        text.push_back(line);
    std::vector<LongFunction> found;
    for (std::size_t open = 0; open < text.size(); ++open) {
        const auto depth = text[open].find_first_not_of(' ');
        if (depth == std::string::npos || text[open].substr(depth) != "{") continue;
        const auto closing = std::string(depth, ' ') + "}";
        const auto end =
            std::find(text.begin() + static_cast<std::ptrdiff_t>(open), text.end(), closing);
        const auto lines = static_cast<std::size_t>(end - text.begin()) - open;
        if (lines > limit) found.push_back({open + 1, lines});
    }
    return found;
}

} // namespace

TEST_CASE("no function of the product is over 60 lines")
{
    std::size_t functions = 0;
    for (const auto& file : sourceFiles()) {
        if (file.extension() == ".py") continue;
        functions += functionsOver(0, file).size();
        if (fs::relative(file, PERENNIAL_SOURCE_DIR).begin()->string() == "tests") continue;
        for (const auto& function : functionsOver(60, file))
            CHECK_MESSAGE(
                false, file << ":" << function.line << " has " << function.lines << " lines");
    }
    CHECK(functions > 1000); // else the search no longer finds them
}

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
