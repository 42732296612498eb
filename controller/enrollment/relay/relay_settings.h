#pragma once

#include "shared/base/clock.h"
#include "shared/yaml/strict_yaml.h"

#include <optional>
#include <string>

namespace perennial::enrollment::server {

// Where the CRLs of the authority are, and how long one counts. Both addresses are http or https.
struct ListSettings {
    std::string baseUrl;
    std::string deltaUrl; // empty: the authority publishes none
    Duration interval{300};
    Duration longestAge{86400}; // since it was last fetched; after its nextUpdate none counts
};

// The section `relay` of enrollment.yaml; docs/configuration.md describes each key. With it there
// is no authority on this machine.
struct RelaySettings {
    std::string url;             // of the CES that decides, https
    std::string trustFile;       // PEM: whom its TLS certificate must lead to
    std::string authorityFile;   // PEM: the issuing authority, then those above it up to the root
    std::string user;            // the service's own credential: a user and its password ...
    std::string passwordFile;    // mode 0600
    std::string certificateFile; // ... or a TLS client certificate
    std::string keyFile;
    Duration timeLimit{30};
    std::optional<ListSettings> lists; // without them no certificate speaks for anybody here
};

RelaySettings readRelay(yaml::Reader in);

} // namespace perennial::enrollment::server
