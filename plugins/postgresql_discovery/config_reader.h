#pragma once

#include "plugins/postgresql_discovery/config_lines.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::plugins::postgresql {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

struct Value {
    std::string text;
    std::string at; // "/etc/postgresql/15/main/postgresql.conf:108"
};
using Settings = std::map<std::string, Value>;

// Reads the files of one cluster. The last line that sets a name counts, as for PostgreSQL. A line
// that PostgreSQL would refuse is told in `found.skipped` with file and line, and passed over.
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
    // With postgresql.auto.conf (ALTER SYSTEM) of the data folder, read last. `dataFolder` is what
    // the server is started with where no data_directory is set. Error when the first file cannot
    // be read.
    Result<Settings> read(const std::string& file, const std::string& dataFolder);
    Settings parse(const std::string& text, const std::string& file);

private:
    void readText(const std::string& text, const std::string& file);
    void take(const Setting& setting, const std::string& at, const std::string& file);
    void include(const std::string& file, const std::string& at, bool mayBeMissing);
    void includeFolder(const std::string& folder, const std::string& at);

    ConfigFiles files_;
    Discovery& found_;
    Settings settings_;
};

} // namespace perennial::plugins::postgresql
