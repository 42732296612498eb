#pragma once

#include "plugins/apache_discovery/conditions.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <memory>
#include <string>
#include <vector>

namespace perennial::plugins::apache {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

struct Directive {
    std::string name; // in lower case
    std::vector<std::string> arguments;
    std::shared_ptr<const std::string> file; // one for all of a file
    int line = 0;
};
std::string placeOf(const Directive& directive); // "/etc/apache2/ports.conf:5"

// The main server, or one <VirtualHost>: what it says of certificates, names and listeners.
struct Server {
    Directive section; // its arguments are the addresses
    std::vector<Directive> directives;
    std::vector<const Directive*> all(const std::string& name) const;
};

struct Configuration {
    Server main;
    std::vector<Server> hosts; // in the order of the files
    std::string serverRoot;
};

// Reads a configuration with everything it includes. Sections that depend on modules, definitions
// and files are read or not as Apache decides; where files do not decide they are read. What is
// wrong in one file ends that file, is told in `found.skipped` with file and line, and stops no
// other.
class ConfigReader {
public:
    ConfigReader(
        const FileSystem& files, Discovery& found, Conditions conditions, ConfigLimits limits = {})
        : files_(files, limits, found.configuration), found_(found),
          conditions_(std::move(conditions))
    {
    }

    // Error only when the first file cannot be read.
    Result<Configuration> read(const std::string& file);
    Configuration parse(const std::string& text, const std::string& file);
    const std::vector<std::string>& filesRead() const { return read_; } // in this order

private:
    struct Block {
        std::string name;
        enum class Kind { Read, Unknown, Host, Passed, Macro } kind;
        bool told = false;
    };
    using FileName = std::shared_ptr<const std::string>;

    void readText(const std::string& text, const std::string& file);
    bool takeLine(const Line& line, const FileName& file, std::size_t outer); // false: ends file
    bool open(const Directive& section);
    bool close(const Directive& section, std::size_t outer);
    void takeDirective(Directive directive);
    void tellWherePassed(const Directive& directive);
    bool passing() const;
    void include(const Directive& directive);
    void includeFile(const std::string& file, const Directive& from, std::size_t depth = 0);
    void tell(const Directive& where, const std::string& what);

    ConfigFiles files_;
    Discovery& found_;
    Conditions conditions_;
    Configuration result_;
    std::vector<Block> blocks_;
    std::vector<std::string> read_;
};

} // namespace perennial::plugins::apache
