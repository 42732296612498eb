#pragma once

#include "shared/base/clock.h"
#include "shared/base/credential.h"
#include "shared/base/result.h"

#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace perennial::token_keeper {

// One token and who may ask for its keys: docs/configuration.md, "perennial-token-keeper".
struct KeeperConfig {
    std::filesystem::path socket;
    mode_t socketMode = 0600;
    std::string module;
    std::map<std::string, std::string> variables;
    std::string token; // its label
    CredentialSource pin;
    std::vector<std::string> keys; // labels
    std::vector<uid_t> callers;
    Duration timeout{}; // of what the module does for one question
};

// Errors name the file, line and key. Refuses a file that others could have written.
Result<KeeperConfig> loadConfig(const std::filesystem::path& file);

} // namespace perennial::token_keeper
