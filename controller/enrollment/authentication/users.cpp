#include "controller/enrollment/authentication/users.h"

#include "controller/enrollment/authentication/caller.h"
#include "shared/base/file_lock.h"
#include "shared/base/file_system.h"
#include "shared/x509/digest.h"
#include "shared/yaml/strict_yaml.h"

namespace perennial::enrollment::server {

namespace {

constexpr const char* lockSuffix = ".lock"; // the file itself is another one after each change

} // namespace

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
    std::string text = users_.empty() ? "users: {}\n" : "users:\n";
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

std::vector<std::string> Users::names() const
{
    std::vector<std::string> names;
    for (const auto& [name, user] : users_)
        names.push_back(name);
    return names;
}

Status HeldUsers::reload()
{
    const std::lock_guard changing(changing_); // what was read before a change must not come after
    auto read = Users::read(file_);
    if (!read) return read.error();
    const std::lock_guard lock(mutex_);
    current_ = std::make_shared<const Users>(*std::move(read));
    return {};
}

std::shared_ptr<const Users> HeldUsers::current() const
{
    const std::lock_guard lock(mutex_);
    return current_;
}

Result<UserChange> HeldUsers::put(const std::string& name, const Secret& password,
    const std::set<std::string>& groups, const RecordChange& record)
{
    if (!isPlainName(name))
        return Error{ErrorKind::InvalidInput, "a user name holds letters, digits, -, _, . and @"};
    for (const auto& group : groups) {
        if (!isPlainName(group))
            return Error{
                ErrorKind::InvalidInput, "a group name holds letters, digits, -, _, . and @"};
    }
    if (password.empty()) return Error{ErrorKind::InvalidInput, "the password is empty"};
    const std::lock_guard lock(changing_);
    const auto alone = lockFile(file_ + lockSuffix, LockKind::Exclusive);
    if (!alone) return alone.error();
    auto users = Users::read(file_);
    if (!users) return users.error();
    using Kind = UserChange::Kind;
    const UserChange change{users->isKnown(name) ? Kind::Changed : Kind::Added, name, groups};
    users->put(name, password, groups);
    if (auto taken = take(*std::move(users), change, record); !taken) return taken.error();
    return change;
}

Result<UserChange> HeldUsers::remove(const std::string& name, const RecordChange& record)
{
    const std::lock_guard lock(changing_);
    const auto alone = lockFile(file_ + lockSuffix, LockKind::Exclusive);
    if (!alone) return alone.error();
    auto users = Users::read(file_);
    if (!users) return users.error();
    const UserChange change{UserChange::Kind::Removed, name, users->groupsOf(name)};
    if (!users->remove(name))
        return Error{ErrorKind::NotFound, "there is no user " + toPrintable(name, 128)};
    if (auto taken = take(*std::move(users), change, record); !taken) return taken.error();
    return change;
}

Status HeldUsers::take(Users users, const UserChange& change, const RecordChange& record)
{
    if (auto told = record(change); !told) return told;
    if (auto written = users.write(file_); !written) {
        auto failed = change;
        failed.kind = UserChange::Kind::Failed;
        failed.reason = written.error().message;
        (void)record(failed); // the caller is told in any case
        return written;
    }
    const std::lock_guard lock(mutex_);
    current_ = std::make_shared<const Users>(std::move(users));
    return {};
}

bool isPlainName(const std::string& name)
{
    return !name.empty() && name.size() <= 128 &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@") ==
               std::string::npos;
}

} // namespace perennial::enrollment::server
