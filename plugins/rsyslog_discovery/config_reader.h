#pragma once

#include "plugins/rsyslog_discovery/statement_scanner.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::plugins::rsyslog {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

struct Value {
    std::string text;
    std::string at;          // "/etc/rsyslog.conf:12"
    bool isComputed = false; // by a command, which is not run: there is no text
};
using Values = std::map<std::string, Value>; // by name in lower case

// What the files of one rsyslog say of TLS.
struct Settings {
    Values global;               // of global(), where the first counts, else of $Default...
    Values module;               // of module(load="imtcp")
    std::vector<Values> inputs;  // of imtcp; "$InputTCPServerRun" stands here as port and mode
    std::vector<Values> actions; // of omfwd
};

// Reads them with their includes. What is wrong is told in `found.skipped` with file and line, and
// stops nothing else.
class ConfigReader {
public:
    ConfigReader(const FileSystem& files, Discovery& found, ConfigLimits limits = {})
        : files_(files, limits, found.configuration), found_(found)
    {
    }

    // Error when the first file cannot be read.
    Result<Settings> read(const std::string& file);
    Settings parse(const std::string& text, const std::string& file);

private:
    void readText(const std::string& text, const std::string& file);
    void take(const Statement& statement, const std::string& at);
    void takeDirective(const Statement& statement, const std::string& at);
    void include(std::string path, const std::string& at, bool mayBeMissing);
    void includeFile(const std::string& file, const std::string& at);
    Values valuesOf(const Statement& statement, const std::string& at);
    Settings finish();

    ConfigFiles files_;
    Discovery& found_;
    Settings settings_;
    Values legacy_;           // of directives
    std::size_t folders_ = 0; // how deep an include of folders is
};

} // namespace perennial::plugins::rsyslog
