#pragma once

#include "shared/base/file_system.h"
#include "shared/base/result.h"

#include <optional>
#include <string>

namespace perennial::cli {

// One server that the command line speaks with.
struct ServerSettings {
    std::string name; // "controller" or "enrollment", as in the file
    std::string url;  // https, without a slash at its end
    std::string trustFile;
    std::string tokenFile;
};

struct CliConfig {
    std::string file;
    std::optional<ServerSettings> controller;
    std::optional<ServerSettings> enrollment;
};

// Where perennial.yaml may be. What is empty is not looked at.
struct ConfigPlaces {
    std::string option;      // --config
    std::string environment; // PERENNIAL_CONFIG
    std::string home;
    std::string system = "/etc/perennial/perennial.yaml";
};

// docs/configuration.md has the order. A file that --config or the environment names must be
// there; of the two others the first that is. Every error is InvalidInput.
Result<CliConfig> readCliConfig(const FileSystem& files, const ConfigPlaces& places);

} // namespace perennial::cli
