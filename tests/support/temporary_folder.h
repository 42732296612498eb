#pragma once

#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial::test {

// A folder of one test's own, removed with everything in it.
class TemporaryFolder {
public:
    explicit TemporaryFolder(
        const std::filesystem::path& parent = std::filesystem::temp_directory_path())
    {
        std::string name = (parent / "perennial-test-XXXXXX").string();
        REQUIRE_MESSAGE(::mkdtemp(name.data()) != nullptr, "cannot make ", name);
        path_ = name;
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

    // Returns the file's path.
    std::string write(std::string_view name, std::string_view content, mode_t mode = 0600) const
    {
        const std::string file = *this / name;
        std::ofstream(file, std::ios::binary) << content;
        REQUIRE_MESSAGE(::chmod(file.c_str(), mode) == 0, "cannot write ", file);
        return file;
    }

private:
    std::filesystem::path path_;
};

// A disk in memory, where there is one: for tests that sync often and let processes die, not
// machines.
inline std::filesystem::path memoryFolder()
{
    const std::filesystem::path memory = "/dev/shm";
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

} // namespace perennial::test
