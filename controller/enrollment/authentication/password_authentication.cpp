#include "controller/enrollment/authentication/authenticator.h"

#include <algorithm>
#include <cctype>

namespace perennial::enrollment::server {

namespace {

constexpr std::size_t nameLimit = 256;
constexpr std::size_t passwordLimit = 1024;

// As a directory compares names: neither letter case nor spaces make another one (RFC 4518).
std::string comparable(const std::string& name)
{
    std::string text;
    for (const char c : name) {
        if (c != ' ') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

} // namespace

Result<Caller> Authenticator::byPassword(const AuthenticationSettings& settings,
    const std::string& sentName, const Secret& password, const http::Call& call, TimePoint now)
{
    const auto slash = sentName.find('\\');
    const auto name = slash == std::string::npos ? sentName : sentName.substr(slash + 1);
    if (name.empty() || name.size() > nameLimit)
        return refused(call, "the user name is empty or too long");
    const AttemptLimits::Attempt attempt{comparable(name), call.remoteAddress};
    // Told when the lock-out began; once is enough.
    if (!limits_.admit(attempt, now))
        return Error{ErrorKind::PermissionDenied, "too many wrong passwords"};
    // A directory takes a bind without a password for an anonymous one, and says yes
    // (RFC 4513 5.1.2): nobody is asked.
    if (password.empty() || password.reveal().size() > passwordLimit)
        return wrongPassword(attempt, {name, "an empty or overlong password"}, call, now);
    auto caller = judgePassword(settings.passwords, name, password, now);
    if (caller) {
        limits_.succeeded(attempt, now);
        return caller;
    }
    if (caller.error().kind == ErrorKind::PermissionDenied)
        return wrongPassword(attempt, {name, caller.error().message}, call, now);
    limits_.notJudged(attempt);
    if (isWorthTelling("a password that cannot be checked", call, now))
        parts_.log.error(call.remoteAddress + " at " + call.path + ": " + caller.error().message);
    return Error{ErrorKind::Unavailable, "passwords cannot be checked at the moment"};
}

Result<Caller> Authenticator::judgePassword(
    PasswordSource source, const std::string& name, const Secret& password, TimePoint now)
{
    const bool remote = source == PasswordSource::Directory;
    if (remote && parts_.directory == nullptr)
        return Error{ErrorKind::Unavailable, "no directory is configured"};
    const auto turn = (remote ? asking_ : hashing_).take();
    if (!turn) return Error{ErrorKind::Unavailable, "too many passwords to check at once"};
    if (remote) return parts_.directory->authenticate(name, password, now);
    const auto users = parts_.users.current();
    if (!users->authenticate(name, password))
        return Error{ErrorKind::PermissionDenied, "wrong user name or password"};
    return Caller{name, users->groupsOf(name), {}};
}

Error Authenticator::wrongPassword(const AttemptLimits::Attempt& attempt, const Wrong& wrong,
    const http::Call& call, TimePoint now)
{
    const auto shown = toPrintable(wrong.name, 128);
    while (const auto lockOut = limits_.failed(attempt, now)) {
        Json details;
        details["name"] = shown;
        details["address"] = call.remoteAddress;
        details["endpoint"] = call.path;
        details["locked"] = lockOut->what;
        details["until"] = toRfc3339(lockOut->until);
        parts_.log.warning(call.remoteAddress + " at " + call.path + ": " + shown +
                           ": too many wrong passwords, the " + lockOut->what +
                           " is locked out until " + toRfc3339(lockOut->until));
        if (auto stored = parts_.store.addEvent("caller.locked_out", now, details); !stored)
            parts_.log.error("storing a lock-out: " + stored.error().message);
    }
    return refused(call, shown + ": " + wrong.why);
}

} // namespace perennial::enrollment::server
