#include "shared/base/accounts.h"

#include "shared/base/encoding.h"

#include <array>
#include <charconv>
#include <grp.h>
#include <optional>
#include <pwd.h>

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

} // namespace perennial
