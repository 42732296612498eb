#pragma once

#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <map>
#include <set>
#include <string>

namespace perennial::enrollment::server {

// Users with scrypt hashes, in one YAML file that `perennial-enrollment user add` writes.
class Users {
public:
    static Result<Users> read(const std::string& file); // a missing file: nobody
    Status write(const std::string& file) const;

    void put(const std::string& name, const Secret& password, const std::set<std::string>& groups);
    // An empty password never matches. Takes as long for a name nobody has.
    bool authenticate(const std::string& name, const Secret& password) const;
    bool isKnown(const std::string& name) const { return users_.count(name) != 0; }
    std::set<std::string> groupsOf(const std::string& name) const;

private:
    struct User {
        std::string passwordHash;
        std::set<std::string> groups;
    };
    std::map<std::string, User> users_;
    // Hash of nothing in particular: an unknown name costs what a known one costs. Made before the
    // first of them comes.
    std::string nobody_;
};

} // namespace perennial::enrollment::server
