#include "controller/enrollment/authentication/principal_names.h"

#include "controller/enrollment/authentication/directory_settings.h"

#include <algorithm>

namespace perennial::enrollment::server {

std::optional<NamedPrincipal> callerOf(const PrincipalNames& names, const std::string& principal)
{
    const auto named = std::find_if(names.principals.begin(), names.principals.end(),
        [&](const auto& entry) { return entry.principal == principal; });
    if (named != names.principals.end())
        return NamedPrincipal{{named->name, named->groups, {}}, named->directory};

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
    return NamedPrincipal{{name, realm->groups, {}}, realm->directory};
}

Status checkPrincipals(
    const PrincipalNames& names, const std::optional<DirectorySettings>& directory)
{
    std::set<std::string> asking;
    for (const auto& realm : names.realms) {
        if (realm.directory) asking.insert(realm.name);
    }
    for (const auto& entry : names.principals) {
        if (entry.directory) asking.insert(entry.principal.substr(entry.principal.rfind('@') + 1));
    }
    if (asking.empty()) return {};
    if (!directory || !directory->search || !directory->search->principals)
        return Error{ErrorKind::InvalidInput,
            "directory: true needs directory.search.principals, which says where an entry has its "
            "principal"};
    if (asking.size() > 1 && !directory->search->principals->withRealm)
        return Error{ErrorKind::InvalidInput,
            "directory: true is for one realm, unless directory.search.principals says "
            "with_realm: two principals could find one entry"};
    return {};
}

} // namespace perennial::enrollment::server
