#pragma once

#include "shared/base/result.h"

#include <map>
#include <set>
#include <string>
#include <sys/types.h>

namespace perennial {

// A host's accounts by name, or by number whether or not anybody has it. NotFound for other names.
Result<uid_t> findUser(const std::string& nameOrNumber);
Result<gid_t> findGroup(const std::string& nameOrNumber);

// Who may read a file, as far as the file's own attributes say so.
struct FileReaders {
    uid_t owner = 0;
    gid_t group = 0;
    bool groupReads = false;
    friend bool operator==(const FileReaders&, const FileReaders&) = default;
};

// The groups of the host's own accounts, as its two files have them: nobody else is asked.
class GroupMembers {
public:
    explicit GroupMembers(
        const char* passwdFile = "/etc/passwd", const char* groupFile = "/etc/group");

    // Root, the owner, and members of the group where it may read. What everybody may read says
    // nothing about anybody, and access lists are not looked at.
    bool mayRead(uid_t user, const FileReaders& file) const;

private:
    std::map<gid_t, std::set<uid_t>> members_;
};

} // namespace perennial
