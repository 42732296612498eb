#pragma once

#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <memory>
#include <string>
#include <vector>

namespace perennial::plugins::nginx {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

// A statement that says something of certificates, and a block that can hold such statements.
struct Directive {
    std::string name;
    std::vector<std::string> arguments;
    std::shared_ptr<const std::string> file; // one for all of a file
    int line = 0;
    std::vector<Directive> block;
};
std::string placeOf(const Directive& directive); // "/etc/nginx/nginx.conf:12"

// Reads a configuration with everything it includes. Of what it says only what matters for
// certificates is kept; "", with the blocks http, stream and mail, is the answer's root. What is
// wrong in one file ends that file, is told in `found.skipped` with file and line, and stops no
// other.
class ConfigReader {
public:
    ConfigReader(const FileSystem& files, Discovery& found, ConfigLimits limits = {})
        : files_(files, limits, found.configuration), found_(found)
    {
    }

    // Error only when the first file cannot be read.
    Result<Directive> read(const std::string& file);
    Directive parse(const std::string& text, const std::string& file);
    const std::vector<std::string>& filesRead() const { return read_; } // in this order

private:
    void readText(const std::string& text, const std::string& file, Directive& into);
    void include(const Directive& directive, Directive& into);
    void includeFile(const std::string& file, const Directive& from, Directive& into);
    void tell(const Directive& where, const std::string& what);

    ConfigFiles files_;
    Discovery& found_;
    std::string folder_; // of the first file: what includes are relative to
    std::vector<std::string> read_;
};

} // namespace perennial::plugins::nginx
