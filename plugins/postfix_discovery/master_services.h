#pragma once

#include "plugins/postfix_discovery/parameters.h"

#include <string>
#include <utility>
#include <vector>

namespace perennial::plugins::postfix {

// One line of master.cf.
struct Service {
    std::string name; // "smtp", "127.0.0.1:submission"
    std::string type; // "inet", "unix", "pass", ...
    std::string command;
    std::vector<std::pair<std::string, std::string>> overrides; // -o name=value, in their order
    std::string at;
};

// Lines that are none go to `found.skipped`.
std::vector<Service> servicesOf(const std::string& text, const std::string& file, Discovery& found);

} // namespace perennial::plugins::postfix
