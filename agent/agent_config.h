#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"

#include <map>
#include <optional>
#include <string>

namespace perennial::agent {

// agent.yaml; docs/configuration.md describes each key.
struct AgentConfig {
    std::string state;
    std::string socket;
    std::string installerSocket;
    std::string enroller; // program
    struct Scanner {
        std::string program; // with `config`, or
        std::string config;
        std::string socket;
    } scanner;
    std::string controllerUrl; // empty: works alone
    std::string policies;      // folder; only without a controller
    std::map<std::string, std::string> labels;
    // Whose signatures policy documents from the controller need; unset: nobody's.
    struct PolicySigners {
        int threshold = 0;
        std::string file;
    };
    std::optional<PolicySigners> policySigners;
    struct Intervals {
        Duration scan;
        Duration retry;
        Duration unanswered;
    } intervals{};

    bool alone() const { return controllerUrl.empty(); }
    std::string renewalsFolder() const { return state + "/renewals"; }
    // What issuers want to be reminded of: endpoints and when they last failed. May be removed.
    std::string issuersFolder() const { return state + "/issuers"; }
    std::string identityFile() const { return state + "/identity.pem"; } // key and certificate
    std::string authorityFile() const { return state + "/authority.pem"; }
};

Result<AgentConfig> readAgentConfig(const std::string& file);

} // namespace perennial::agent
