#pragma once

#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::plugins::redis {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

struct Value {
    std::vector<std::string> words;
    std::string at; // "/etc/redis/redis.conf:12"
};
// By the directive's name: those of TLS and of where Redis listens.
using Settings = std::map<std::string, Value>;

// Reads the files of one Redis; the last line that sets a name counts. What is wrong in one line is
// told in `found.skipped` with file and line, and stops no other.
class ConfigReader {
public:
    ConfigReader(const FileSystem& files, Discovery& found, ConfigLimits limits = {})
        : files_(files, limits, found.configuration), found_(found)
    {
    }

    // The files that a pattern stands for; itself when it is none.
    Result<std::vector<std::string>> matchesOf(const std::string& path)
    {
        return files_.matchesOf(path);
    }
    // Error when the first file cannot be read.
    Result<Settings> read(const std::string& file);
    Settings parse(const std::string& text, const std::string& file);

private:
    void readText(const std::string& text, const std::string& file);
    void take(std::vector<std::string> words, const std::string& at);
    void include(const std::string& pattern, const std::string& at);

    ConfigFiles files_;
    Discovery& found_;
    Settings settings_;
};

} // namespace perennial::plugins::redis
