#include "controller/enrollment/authentication/users.h"

#include "controller/enrollment/authentication/caller.h"
#include "shared/base/file_system.h"
#include "shared/x509/digest.h"
#include "shared/yaml/strict_yaml.h"

namespace perennial::enrollment::server {

Result<Users> Users::read(const std::string& file)
{
    Users users;
    users.nobody_ = x509::hashPassword(Secret("-"));
    const auto text = PosixFileSystem().read(file);
    if (!text && text.error().kind == ErrorKind::NotFound) return users;
    if (!text) return text.error();
    const auto parsed = yaml::parse(*text, file);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, file);
    for (auto& [name, user] : in.optionalNamedMappings("users")) {
        if (!isCallerName(name))
            user.fail("password", "is of a user whose name cannot be a caller's");
        User entry;
        entry.passwordHash = user.text("password");
        for (const auto& group : user.textsOr("groups", {}))
            entry.groups.insert(group);
        users.users_.emplace(name, std::move(entry));
    }
    if (auto status = in.finish(); !status) return status.error();
    return users;
}

Status Users::write(const std::string& file) const
{
    std::string text = "users:\n";
    for (const auto& [name, user] : users_) {
        text += "  \"" + name + "\":\n    password: \"" + user.passwordHash + "\"\n";
        if (user.groups.empty()) continue;
        text += "    groups:\n";
        for (const auto& group : user.groups)
            text += "      - \"" + group + "\"\n";
    }
    PosixFileSystem files;
    return files.replace(file, text, {0600, {}, {}});
}

void Users::put(
    const std::string& name, const Secret& password, const std::set<std::string>& groups)
{
    users_[name] = {x509::hashPassword(password), groups};
}

bool Users::authenticate(const std::string& name, const Secret& password) const
{
    const auto found = users_.find(name);
    const bool matches = x509::passwordMatches(
        password, found == users_.end() ? nobody_ : found->second.passwordHash);
    return matches && found != users_.end() && !password.empty();
}

std::set<std::string> Users::groupsOf(const std::string& name) const
{
    const auto found = users_.find(name);
    return found == users_.end() ? std::set<std::string>{} : found->second.groups;
}

} // namespace perennial::enrollment::server
