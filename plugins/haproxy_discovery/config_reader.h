#pragma once

#include "plugins/haproxy_discovery/config_words.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <memory>
#include <string>
#include <vector>

namespace perennial::plugins::haproxy {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

// A line that says something of certificates.
struct Statement {
    std::string section; // "global", "frontend", ...
    std::vector<std::string> words;
    std::shared_ptr<const std::string> file; // one for all of a file
    int line = 0;
    std::string certificateFolder; // crt-base, as it was at this line; empty: none
    std::string workingFolder;     // what other relative paths are relative to; empty: not known
};
std::string placeOf(const Statement& statement); // "/etc/haproxy/haproxy.cfg:12"

struct Configuration {
    std::vector<Statement> statements; // bind, server, default-server, in the order of the files
    bool keysBeside = true;            // ssl-load-extra-files
    bool endingsGo = false;            // ssl-load-extra-del-ext
};

// Reads configuration files one after the other. What is wrong in one file ends that file, is told
// in `found.skipped` with file and line, and stops no other.
class ConfigReader {
public:
    // `folder`: where HAProxy is started; may be empty.
    ConfigReader(const FileSystem& files, Discovery& found, std::string folder, Variables variables,
        ConfigLimits limits = {})
        : files_(files, limits, found.configuration), found_(found),
          startFolder_(std::move(folder)), variables_(std::move(variables))
    {
    }

    // A folder stands for the *.cfg files in it. Error when a named file cannot be read.
    Result<Configuration> read(const std::vector<std::string>& paths);
    Configuration parse(const std::string& text, const std::string& file);

private:
    Status readFile(const std::string& file);
    void readText(const std::string& text, const std::string& file);
    bool take(Statement statement); // false: ends the file
    void takeGlobal(const Statement& statement);
    void takeDefaultPath(const Statement& statement);
    void tell(const Statement& where, const std::string& what);

    ConfigFiles files_;
    Discovery& found_;
    std::string startFolder_;
    Variables variables_;
    std::string section_;
    std::string certificateFolder_;
    std::string workingFolder_;
    Configuration result_;
};

} // namespace perennial::plugins::haproxy
