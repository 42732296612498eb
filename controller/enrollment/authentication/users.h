#pragma once

#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// Users with scrypt hashes, in one YAML file that `perennial-enrollment user add` writes.
class Users {
public:
    static Result<Users> read(const std::string& file); // a missing file: nobody
    Status write(const std::string& file) const;

    void put(const std::string& name, const Secret& password, const std::set<std::string>& groups);
    // An empty password never matches. Takes as long for a name nobody has.
    bool authenticate(const std::string& name, const Secret& password) const;
    bool remove(const std::string& name) { return users_.erase(name) != 0; }
    bool isKnown(const std::string& name) const { return users_.count(name) != 0; }
    std::vector<std::string> names() const;
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

// The users in force, and the file that they are in. Who checks a password keeps those it began
// with.
class HeldUsers {
public:
    explicit HeldUsers(std::string file) : file_(std::move(file)) {}

    Status reload(); // all or nothing; call it once before anything else
    std::shared_ptr<const Users> current() const;
    // The file is read anew, changed and written: what the command `user add` wrote meanwhile
    // stays. True when the name was not there before. InvalidInput for names that cannot be.
    Result<bool> put(
        const std::string& name, const Secret& password, const std::set<std::string>& groups);
    Status remove(const std::string& name); // NotFound

private:
    Status take(Users users); // writes them, then they are in force

    const std::string file_;
    std::mutex changing_; // one at a time
    mutable std::mutex mutex_;
    std::shared_ptr<const Users> current_;
};

// Letters, digits, -, _, . and @, at most 128: what a user and a group of the file may be called.
bool isPlainName(const std::string& name);

} // namespace perennial::enrollment::server
