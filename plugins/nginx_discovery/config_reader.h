#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/discovery_source.h"

#include <memory>
#include <string>
#include <vector>

namespace perennial::plugins::nginx {

// A statement that says something of certificates, and a block that can hold such statements.
struct Directive {
    std::string name;
    std::vector<std::string> arguments;
    std::shared_ptr<const std::string> file; // one for all of a file
    int line = 0;
    std::vector<Directive> block;
};
std::string placeOf(const Directive& directive); // "/etc/nginx/nginx.conf:12"

struct ConfigLimits {
    std::size_t files = 2'000;
    std::size_t fileBytes = 16U << 20U;
    std::size_t allBytes = 64U << 20U;
    std::size_t depth = 20;           // of includes, and of blocks in one file
    std::size_t statements = 200'000; // kept
    std::size_t entries = 1'000'000;  // of the folders that patterns look into
};

// Reads a configuration with everything it includes. Of what it says only what matters for
// certificates is kept; "", with the blocks http, stream and mail, is the answer's root. What is
// wrong in one file ends that file, is told in `found.skipped` with file and line, and stops no
// other.
class ConfigReader {
public:
    ConfigReader(const FileSystem& files, Discovery& found, ConfigLimits limits = {})
        : files_(files), found_(found), limits_(limits)
    {
    }

    // Error only when the first file cannot be read.
    Result<Directive> read(const std::string& file);
    Directive parse(const std::string& text, const std::string& file);
    const std::vector<std::string>& filesRead() const { return read_; } // in this order

private:
    Result<std::string> textOf(const std::string& file);
    void readText(const std::string& text, const std::string& file, Directive& into);
    void include(const Directive& directive, Directive& into);
    void includeFile(const std::string& file, const Directive& from, Directive& into);
    void tell(const Directive& where, const std::string& what);

    const FileSystem& files_;
    Discovery& found_;
    ConfigLimits limits_;
    std::string folder_; // of the first file: what includes are relative to
    std::vector<std::string> read_;
    std::vector<std::string> open_; // files that are being read, outermost first
};

} // namespace perennial::plugins::nginx
