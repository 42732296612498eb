#pragma once

#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <functional>
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

// What is about to be done to a user.
struct UserChange {
    enum class Kind { Added, Changed, Removed, Failed };
    Kind kind;
    std::string name;
    std::set<std::string> groups; // from then on; of a user who goes: those there were
    std::string reason = {};      // of Failed: why what was told before did not come to be
};
// Puts it on record. It is called before the change has any effect, and when it fails there is
// none; once more, with Failed, when the change fails after it.
using RecordChange = std::function<Status(const UserChange&)>;

// The users in force, and the file that they are in. Who checks a password keeps those it began
// with.
class HeldUsers {
public:
    explicit HeldUsers(std::string file) : file_(std::move(file)) {}

    Status reload(); // all or nothing; call it once before anything else
    std::shared_ptr<const Users> current() const;
    // Under a lock (flock) on "<file>.lock" the file is read anew, changed and written: whatever
    // another process does at the same time, nobody's change is lost. InvalidInput for names that
    // cannot be.
    Result<UserChange> put(const std::string& name, const Secret& password,
        const std::set<std::string>& groups, const RecordChange& record);
    Result<UserChange> remove(const std::string& name, const RecordChange& record); // NotFound

private:
    // Told first, then written, then in force.
    Status take(Users users, const UserChange& change, const RecordChange& record);

    const std::string file_;
    std::mutex changing_; // one at a time in this process
    mutable std::mutex mutex_;
    std::shared_ptr<const Users> current_;
};

// Letters, digits, -, _, . and @, at most 128: what a user and a group of the file may be called.
bool isPlainName(const std::string& name);

} // namespace perennial::enrollment::server
