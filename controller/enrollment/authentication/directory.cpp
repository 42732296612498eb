#include "controller/enrollment/authentication/directory.h"

#include "controller/enrollment/authentication/directory_names.h"
#include "shared/base/file_system.h"
#include "shared/base/random.h"
#include "shared/base/secret_file.h"
#include "shared/x509/certificate.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

constexpr Duration setAside = std::chrono::minutes(1);
constexpr int groupLimit = 1000;

// Directories take names for equal that differ in letter case, in spaces at the ends, in double
// spaces and in forms of Unicode (RFC 4518). What is left here has one spelling but for the case.
bool isPlainUserName(const std::string& name)
{
    constexpr std::size_t limit = 128;
    return !name.empty() && name.size() <= limit && name.front() != ' ' && name.back() != ' ' &&
           name.find("  ") == std::string::npos &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
}

Error wrong(const std::string& why) { return Error{ErrorKind::PermissionDenied, why}; }

Error unavailable(const Error& error) { return Error{ErrorKind::Unavailable, error.message}; }

// The spelling of the directory; of several, the one that was typed, whatever its case.
std::string nameOf(std::vector<std::string> values, const std::string& typed)
{
    const auto same = [&](const std::string& value) {
        return std::equal(value.begin(), value.end(), typed.begin(), typed.end(),
            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    };
    std::sort(values.begin(), values.end());
    const auto found = std::find_if(values.begin(), values.end(), same);
    if (found != values.end()) return *found;
    return values.empty() ? std::string() : values.front();
}

} // namespace

Directory::Directory(const DirectorySettings& settings, std::vector<x509::Certificate> anchors,
    Secret searchPassword, const Log& log)
    : settings_(settings), anchors_(std::move(anchors)), searchPassword_(std::move(searchPassword)),
      log_(log), failedAt_(settings.servers.size())
{
}

Result<std::unique_ptr<Directory>> Directory::open(
    const DirectorySettings& settings, const Log& log)
{
    const auto trust = PosixFileSystem().read(settings.trustFile);
    if (!trust) return trust.error();
    auto anchors = x509::Certificate::allFromPem(*trust);
    if (!anchors || anchors->empty())
        return Error{ErrorKind::InvalidInput, settings.trustFile + " holds no certificate"};
    Secret password;
    if (settings.search) {
        auto read = readSecretLine(settings.search->passwordFile);
        if (!read) return read.error();
        password = *std::move(read);
    }
    return std::unique_ptr<Directory>(
        new Directory(settings, *std::move(anchors), std::move(password), log));
}

Result<Caller> Directory::authenticate(
    const std::string& name, const Secret& password, TimePoint now)
{
    if (!isPlainUserName(name)) return wrong("not a name for the directory");
    return askServers(
        now, [&](ldap::Connection& connection) { return judge(connection, name, password); });
}

Result<Caller> Directory::describe(Caller proven, const std::string& principal, TimePoint now)
{
    if (!settings_.search || !settings_.search->principals)
        return wrong("no attribute of the directory holds principals");
    return askServers(
        now, [&](ldap::Connection& connection) { return lookUp(connection, proven, principal); });
}

Result<Caller> Directory::askServers(
    TimePoint now, const std::function<Result<Caller>(ldap::Connection&)>& ask)
{
    std::string why;
    for (const auto server : serversInOrder(now)) {
        auto connection = ldap::Connection::open({settings_.servers[server], anchors_,
            settings_.connectTimeout, settings_.answerTimeout});
        auto caller =
            connection ? ask(*connection) : Result<Caller>(unavailable(connection.error()));
        if (caller || caller.error().kind == ErrorKind::PermissionDenied) {
            (void)remember(server, {});
            return caller;
        }
        why += (why.empty() ? "" : "; ") + caller.error().message;
        if (remember(server, now)) log_.warning("directory: " + caller.error().message);
    }
    return Error{ErrorKind::Unavailable, "no directory server could be asked: " + why};
}

Result<Caller> Directory::judge(
    ldap::Connection& connection, const std::string& name, const Secret& password) const
{
    const auto entry = settings_.search ? findAndBind(connection, name, password)
                                        : bindAs(connection, name, password);
    if (!entry) return entry.error();
    Caller caller{nameOf(entry->of(settings_.nameAttribute), name), {}, {}};
    caller.account = accountNamesIn(*entry, settings_.names);
    if (!isCallerName(caller.name))
        return wrong(
            "the entry has no " + settings_.nameAttribute + " that can be a caller's name");
    if (settings_.groups && settings_.search) {
        if (auto bound = bindForSearch(connection); !bound) return bound.error();
    }
    if (auto added = addGroups(connection, entry->dn, caller); !added) return added.error();
    return caller;
}

// Letter for letter: directories take names for equal that are two principals of a KDC.
Result<Caller> Directory::lookUp(
    ldap::Connection& connection, const Caller& proven, const std::string& principal) const
{
    const auto& [attribute, withRealm] = *settings_.search->principals;
    const auto name = withRealm ? principal : principal.substr(0, principal.rfind('@'));
    if (auto bound = bindForSearch(connection); !bound) return bound.error();
    auto wanted = attributesOfUsers();
    wanted.push_back(attribute);
    const auto found = connection.search(settings_.search->base, ldap::Scope::Subtree,
        filledIn("(" + attribute + "={name})", "name", name), wanted, 2);
    if (!found && found.error().kind != ErrorKind::InvalidInput) return unavailable(found.error());
    if (!found || found->size() > 1) return wrong("several entries have its " + attribute);
    const auto& values = found->empty() ? std::vector<std::string>() : found->front().of(attribute);
    if (std::find(values.begin(), values.end(), name) == values.end())
        return wrong("no entry has this " + attribute + ", letter for letter");
    auto caller = proven;
    caller.account = accountNamesIn(found->front(), settings_.names);
    if (auto added = addGroups(connection, found->front().dn, caller); !added) return added.error();
    return caller;
}

Result<ldap::Entry> Directory::bindAs(
    ldap::Connection& connection, const std::string& name, const Secret& password) const
{
    const auto dn = filledIn(settings_.userDn, "user", name);
    if (auto bound = connection.bind(dn, password); !bound) return bound.error();
    auto own = connection.search(dn, ldap::Scope::Base, "(objectClass=*)", attributesOfUsers(), 1);
    if (!own) return unavailable(own.error());
    if (own->size() != 1)
        return Error{ErrorKind::Unavailable, "the directory does not let users read their entry"};
    return own->front();
}

Result<ldap::Entry> Directory::findAndBind(
    ldap::Connection& connection, const std::string& name, const Secret& password) const
{
    const auto& search = *settings_.search;
    if (auto bound = bindForSearch(connection); !bound) return bound.error();
    auto found = connection.search(search.base, ldap::Scope::Subtree,
        filledIn(search.filter, "user", name), attributesOfUsers(), 2);
    const bool ambiguous = !found && found.error().kind == ErrorKind::InvalidInput;
    if (!found && !ambiguous) return unavailable(found.error());
    if (ambiguous || found->size() != 1) {
        // Whom nobody has is bound to as well: an answer without it would be quicker.
        (void)connection.bind("cn=" + toHex(randomBytes(16)) + "," + search.base, password);
        return wrong(ambiguous || found->size() > 1 ? "several entries have the name"
                                                    : "no entry has the name");
    }
    if (auto bound = connection.bind(found->front().dn, password); !bound) return bound.error();
    return found->front();
}

Status Directory::bindForSearch(ldap::Connection& connection) const
{
    auto bound = connection.bind(settings_.search->bindDn, searchPassword_);
    if (!bound) return unavailable(bound.error().in("search.bind_dn"));
    return bound;
}

Status Directory::addGroups(
    ldap::Connection& connection, const std::string& dn, Caller& caller) const
{
    if (!settings_.groups) return {};
    const auto& groups = *settings_.groups;
    const auto filter = filledIn(filledIn(groups.filter, "dn", dn), "user", caller.name);
    const auto entries = connection.search(
        groups.base, ldap::Scope::Subtree, filter, {groups.nameAttribute}, groupLimit);
    if (!entries) return unavailable(entries.error());
    for (const auto& entry : *entries) {
        for (const auto& name : entry.of(groups.nameAttribute)) {
            if (name != "*") caller.groups.insert(name); // "*" stands for everybody in templates
        }
    }
    return {};
}

std::vector<std::string> Directory::attributesOfUsers() const
{
    std::vector<std::string> wanted{settings_.nameAttribute};
    for (const auto& attribute :
        {settings_.names.dns, settings_.names.upn, settings_.names.email, settings_.names.sid}) {
        if (!attribute.empty()) wanted.push_back(attribute);
    }
    return wanted;
}

std::vector<std::size_t> Directory::serversInOrder(TimePoint now)
{
    const std::lock_guard lock(mutex_);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < failedAt_.size(); ++i)
        order.push_back(i);
    std::stable_partition(
        order.begin(), order.end(), [&](std::size_t i) { return now - failedAt_[i] > setAside; });
    return order;
}

bool Directory::remember(std::size_t server, TimePoint failedAt)
{
    const std::lock_guard lock(mutex_);
    const auto before = std::exchange(failedAt_[server], failedAt);
    return failedAt - before > setAside;
}

} // namespace perennial::enrollment::server
