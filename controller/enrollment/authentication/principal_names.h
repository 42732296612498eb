#pragma once

#include "controller/enrollment/authentication/caller.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// Which Kerberos principals are callers, and as whom.
struct PrincipalNames {
    struct Realm {
        std::string name;
        bool shortNames = false; // "alice" instead of "alice@EXAMPLE.TEST"; of one realm at most
        std::set<std::string> groups;
        bool directory = false; // groups and names of its callers are asked of the directory too
    };
    struct Principal {
        std::string principal; // "alice@EXAMPLE.TEST"
        std::string name;
        std::set<std::string> groups;
        bool directory = false;
    };
    std::vector<Principal> principals; // asked first
    std::vector<Realm> realms;
};

struct NamedPrincipal {
    Caller caller;
    bool directory = false; // it is to be asked of too
};

// Nothing: it may not come in. A realm that is not named has no callers.
std::optional<NamedPrincipal> callerOf(const PrincipalNames& names, const std::string& principal);

struct DirectorySettings;

// Whether what the principals need of a directory is configured; else why not.
Status checkPrincipals(
    const PrincipalNames& names, const std::optional<DirectorySettings>& directory);

} // namespace perennial::enrollment::server
