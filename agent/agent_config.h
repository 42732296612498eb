#pragma once

#include "agent/enroller/caller_place.h"
#include "shared/base/clock.h"
#include "shared/rules/enrollment_rules.h"

#include <map>
#include <vector>

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
    // With which this host enrols where no key can renew; policies name one. Where it is used and
    // whom it trusts there is said here alone: no policy can send it elsewhere.
    struct Credential {
        std::string name;
        std::string policyUrl; // CEP
        std::string trustFile; // PEM: of the TLS of CEP and CES
        CallerPlace caller;
        std::vector<std::string> templates; // names that may be asked for
    };
    std::vector<Credential> credentials;
    std::string credentialsFolder; // $CREDENTIALS_DIRECTORY, from the environment
    struct Intervals {
        Duration scan;
        Duration retry;
        Duration unanswered;
    } intervals{};

    const Credential* findCredential(const std::string& name) const; // or null
    std::vector<rules::CredentialFacts> credentialFacts() const;
    bool alone() const { return controllerUrl.empty(); }
    std::string renewalsFolder() const { return state + "/renewals"; }
    // What issuers want to be reminded of: endpoints and when they last failed. May be removed.
    std::string issuersFolder() const { return state + "/issuers"; }
    std::string identityFile() const { return state + "/identity.pem"; } // key and certificate
    std::string authorityFile() const { return state + "/authority.pem"; }
};

Result<AgentConfig> readAgentConfig(const std::string& file);

} // namespace perennial::agent
