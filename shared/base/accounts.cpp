#include "shared/base/accounts.h"

#include "shared/base/encoding.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <grp.h>
#include <memory>
#include <optional>
#include <pwd.h>
#include <vector>

namespace perennial {

namespace {

std::optional<std::uint32_t> numberIn(const std::string& text)
{
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && number != UINT32_MAX ? std::optional(number) : std::nullopt; // -1: "leave it"
}

Error unknown(const char* what, const std::string& name)
{
    return {ErrorKind::NotFound,
        "there is no " + std::string(what) + " \"" + toPrintable(name, 64) + "\" on this host"};
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File opened(const char* path) { return {std::fopen(path, "re"), std::fclose}; }

} // namespace

Result<uid_t> findUser(const std::string& nameOrNumber)
{
    if (const auto number = numberIn(nameOrNumber)) return *number;
    std::array<char, 16384> buffer;
    passwd entry{};
    passwd* found = nullptr;
    ::getpwnam_r(nameOrNumber.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) return unknown("user", nameOrNumber);
    return found->pw_uid;
}

Result<gid_t> findGroup(const std::string& nameOrNumber)
{
    if (const auto number = numberIn(nameOrNumber)) return *number;
    std::array<char, 16384> buffer;
    group entry{};
    group* found = nullptr;
    ::getgrnam_r(nameOrNumber.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) return unknown("group", nameOrNumber);
    return found->gr_gid;
}

GroupMembers::GroupMembers(const char* passwdFile, const char* groupFile)
{
    std::vector<char> buffer(1U << 20U); // a group may have many members
    std::map<std::string, uid_t> users;
    if (const auto file = opened(passwdFile)) {
        passwd entry{};
        passwd* found = nullptr;
        while (::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0) {
            users.emplace(found->pw_name, found->pw_uid);
            members_[found->pw_gid].insert(found->pw_uid);
        }
    }
    if (const auto file = opened(groupFile)) {
        group entry{};
        group* found = nullptr;
        while (::fgetgrent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0) {
            for (char** name = found->gr_mem; *name != nullptr; ++name) {
                if (const auto user = users.find(*name); user != users.end())
                    members_[found->gr_gid].insert(user->second);
            }
        }
    }
}

bool GroupMembers::mayRead(uid_t user, const FileReaders& file) const
{
    if (user == 0 || user == file.owner) return true;
    const auto members = members_.find(file.group);
    return file.groupReads && members != members_.end() && members->second.contains(user);
}

} // namespace perennial
