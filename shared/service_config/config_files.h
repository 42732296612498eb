#pragma once

#include "shared/base/file_system.h"

#include <string>
#include <vector>

namespace perennial::service_config {

struct ConfigLimits {
    std::size_t files = 2'000;
    std::size_t fileBytes = 16U << 20U;
    std::size_t allBytes = 64U << 20U;
    std::size_t depth = 20;                 // of includes, and of blocks in one file
    std::size_t statements = 200'000;       // kept
    std::size_t keptBytes = 64U << 20U;     // of them, after variables were put in
    std::size_t expandedBytes = 16U << 20U; // that variables add, of kept lines and of others
    std::size_t entries = 1'000'000;        // of the folders that patterns look into
};

// What the words of a statement take in memory.
std::size_t bytesOf(const std::vector<std::string>& words);

// The files of one service's configuration: read within limits that all of them share, and none
// inside itself. Counts down as it goes.
class ConfigFiles {
public:
    // Every file that was read and every pattern that something matched is written down in `read`.
    // Not what was only asked for: an include of a key's file asks for lines of the key.
    ConfigFiles(const FileSystem& files, ConfigLimits limits, std::vector<std::string>& read)
        : files_(files), limits_(limits), read_(read)
    {
    }

    // The text of a file, which is then open until leave(). An Error when files are nested too
    // deep, when it is open already, or when it cannot be read. Links are followed.
    Result<std::string> enter(const std::string& file);
    void leave() { open_.pop_back(); }
    // The same for a file that is read from nowhere.
    void begin(const std::string& file) { open_ = {file}; }

    // What an absolute path stands for: itself, or the matches of a pattern.
    Result<std::vector<std::string>> matchesOf(const std::string& path);
    // Of a folder, in byte order; the hidden ones too.
    Result<std::vector<std::string>> namesIn(const std::string& folder);
    bool mayRead() const { return limits_.files > 0; }
    // Variables made a line longer: false when they have made too much text of all files together.
    bool takeExpanded(std::size_t before, std::size_t after);
    bool takeStatement(std::size_t bytes); // false: none is left, or no room for so many bytes
    std::size_t depth() const { return limits_.depth; }

private:
    Result<std::string> read(const std::string& file);

    const FileSystem& files_;
    ConfigLimits limits_;
    std::vector<std::string>& read_;
    std::vector<std::string> open_; // outermost first
};

} // namespace perennial::service_config
