#pragma once

#include "plugins/mariadb_discovery/option_lines.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::plugins::mariadb {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

struct Value {
    std::string text; // of a switch "1" or "0"
    std::string at;   // "/etc/mysql/mariadb.conf.d/50-server.cnf:88"
};
// By the option's full name: those of TLS and of where MariaDB listens.
using Options = std::map<std::string, Value>;

// Reads the option files of one server; the last line that sets an option counts, whatever group
// and file it is in. What MariaDB refuses is told in `found.skipped` with file and line, and the
// rest of that file passed over, as MariaDB does.
class OptionReader {
public:
    // `groups`: what the server reads besides what every MariaDB reads.
    OptionReader(const FileSystem& files, Discovery& found, std::vector<std::string> groups,
        ConfigLimits limits = {});

    // Error when the first file cannot be read.
    Result<Options> read(const std::string& file);
    Options parse(const std::string& text, const std::string& file);

private:
    void readText(const std::string& text, const std::string& file);
    void take(const OptionLine& line, const std::string& at);
    void include(const std::string& file, const std::string& at);
    bool includeFolder(const std::string& folder, const std::string& at); // false: read no further
    bool isPassedOver(const std::string& file);
    bool isOfServer(const std::string& group) const;

    const FileSystem& fileSystem_;
    ConfigFiles files_;
    Discovery& found_;
    std::vector<std::string> groups_;
    Options options_;
};

} // namespace perennial::plugins::mariadb
