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
    };
    struct Principal {
        std::string principal; // "alice@EXAMPLE.TEST"
        std::string name;
        std::set<std::string> groups;
    };
    std::vector<Principal> principals; // asked first
    std::vector<Realm> realms;
};

// Nothing: it may not come in. A realm that is not named has no callers.
std::optional<Caller> callerOf(const PrincipalNames& names, const std::string& principal);

} // namespace perennial::enrollment::server
