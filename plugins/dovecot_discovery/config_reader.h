#pragma once

#include "plugins/dovecot_discovery/config_lines.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace perennial::plugins::dovecot {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

struct Value {
    std::string text; // of a file: its path, relative to `folder`
    bool isFile = false;
    std::string folder;
    std::string at; // "/etc/dovecot/conf.d/10-ssl.conf:12"
};
using Values = std::map<std::string, Value>;

// For whom a setting holds: the blocks that it is in. Empty: for all.
struct Filter {
    std::string protocol;  // "imap"
    std::string local;     // an address of the host
    std::string localName; // SNI
    friend auto operator<=>(const Filter&, const Filter&) = default;
    int conditions() const
    {
        return (protocol.empty() ? 0 : 1) + (local.empty() ? 0 : 1) + (localName.empty() ? 0 : 1);
    }
};

struct Configuration {
    std::map<Filter, Values> settings; // of TLS and of where Dovecot listens
    // service -> inet_listener -> port, address, ssl, haproxy
    std::map<std::string, std::map<std::string, Values>> listeners;
};

// Reads a configuration with everything it includes; the last line counts, as for Dovecot. What is
// wrong in one line is told in `found.skipped` with file and line, and stops no other.
class ConfigReader {
public:
    ConfigReader(const FileSystem& files, Discovery& found, ConfigLimits limits = {})
        : files_(files, limits, found.configuration), found_(found)
    {
    }

    // Error only when the first file cannot be read.
    Result<Configuration> read(const std::string& file);
    Configuration parse(const std::string& text, const std::string& file);

private:
    struct Block {
        enum class Kind { Filter, Service, Listener, Passed } kind;
        std::string name;
        Filter outer; // the filter around it
    };

    void readText(const std::string& text, const std::string& file);
    void take(const Statement& statement, const std::string& file, std::size_t outer);
    void open(const Statement& statement);
    void assign(const Statement& statement, const std::string& file);
    Values* valuesFor(const std::string& key);
    void include(const Statement& statement, const std::string& file);
    void includeFile(const std::string& file, const std::string& at, bool mayBeMissing);

    ConfigFiles files_;
    Discovery& found_;
    Configuration result_;
    Filter filter_;
    std::vector<Block> blocks_;
};

} // namespace perennial::plugins::dovecot
