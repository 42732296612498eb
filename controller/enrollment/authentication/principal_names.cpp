#include "controller/enrollment/authentication/principal_names.h"

#include <algorithm>

namespace perennial::enrollment::server {

std::optional<Caller> callerOf(const PrincipalNames& names, const std::string& principal)
{
    const auto named = std::find_if(names.principals.begin(), names.principals.end(),
        [&](const auto& entry) { return entry.principal == principal; });
    if (named != names.principals.end()) return Caller{named->name, named->groups, {}};

    // RFC 1964 2.1.1 writes an @ or a / of a component with a backslash: such names are taken only
    // where they are listed whole, and the last @ is the realm's in all others.
    const auto at = principal.rfind('@');
    if (at == std::string::npos || at == 0 || principal.find('\\') != std::string::npos)
        return std::nullopt;
    const auto realm = std::find_if(names.realms.begin(), names.realms.end(),
        [&](const auto& entry) { return entry.name == principal.substr(at + 1); });
    if (realm == names.realms.end()) return std::nullopt;
    const auto name = realm->shortNames ? principal.substr(0, at) : principal;
    if (!isCallerName(name)) return std::nullopt;
    return Caller{name, realm->groups, {}};
}

} // namespace perennial::enrollment::server
