#pragma once

#include "plugins/systemd_discovery/credential_files.h"
#include "plugins/systemd_discovery/credentials.h"
#include "shared/plugin_api/discovery_source.h"

namespace perennial::plugins::systemd {

// Adds what the credentials of one unit are, as far as they are certificates: a file of PEM with
// the file of its key among the same unit's credentials, or with the key in itself, is a place;
// others are found.
class UnitPairs {
public:
    UnitPairs(CredentialFiles& files, Discovery& found) : files_(files), found_(found) {}
    void add(const UnitName& unit, const Credentials& credentials);

private:
    struct Held;
    void look(const std::string& path, const Credential& credential, Held& held, int depth);
    void addSet(const std::string& name, const Credential& credential, const UnitName& unit);
    void addEncrypted(const std::string& name, const Credential& credential, const UnitName& unit);
    void addHeld(const Held& held, const UnitName& unit);

    CredentialFiles& files_;
    Discovery& found_;
};

} // namespace perennial::plugins::systemd
