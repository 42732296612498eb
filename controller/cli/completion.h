#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace perennial::cli {

// Scripts that complete commands, options and file names, made from the commands themselves.
std::string bashCompletion(const CLI::App& root);
std::string zshCompletion(const CLI::App& root);
std::string fishCompletion(const CLI::App& root);

} // namespace perennial::cli
