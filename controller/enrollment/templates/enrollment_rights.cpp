#include "controller/enrollment/templates/enrollment_rights.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server {

namespace {

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

// MS-DTYP 2.4.2.4: the last number of a domain's Users, Guests and Computers.
bool isWholeDomain(const std::string& sid)
{
    return sid.starts_with("s-1-5-21-") &&
           (sid.ends_with("-513") || sid.ends_with("-514") || sid.ends_with("-515"));
}

// Groups of Windows that no administrator fills: every account, or every machine, is in them.
bool isEverybody(const std::string& written)
{
    constexpr std::array<std::string_view, 13> names = {"*", "everyone", "authenticated users",
        "domain users", "domain computers", "domain guests", "users", "guests", "s-1-1-0",
        "s-1-5-7", "s-1-5-11", "s-1-5-32-545", "s-1-5-32-546"};
    auto name = lowered(written);
    if (isWholeDomain(name)) return true;
    if (const auto slash = name.find('\\'); slash != std::string::npos) name.erase(0, slash + 1);
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

bool EnrollmentRights::holds(const std::string& user, const std::set<std::string>& memberOf,
    const std::optional<x509::Certificate>& certificate) const
{
    if (users.count("*") != 0 || groups.count("*") != 0 || users.count(user) != 0) return true;
    if (std::any_of(memberOf.begin(), memberOf.end(),
            [&](const auto& group) { return groups.count(group) != 0; }))
        return true;
    if (!certificate || certificates.empty()) return false;
    if (certificates.count("sha256:" + certificate->fingerprint()) != 0) return true;
    const auto names = certificate->alternativeNames();
    return std::any_of(names.begin(), names.end(),
        [&](const auto& name) { return certificates.count(lowered(x509::toText(name))) != 0; });
}

bool EnrollmentRights::anybody() const
{
    return users.count("*") != 0 || std::any_of(groups.begin(), groups.end(), isEverybody);
}

} // namespace perennial::enrollment::server
