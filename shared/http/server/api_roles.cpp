#include "shared/http/server/api_roles.h"

namespace perennial::http {

bool mayCall(std::string_view role, Access access)
{
    if (access == Access::Everybody || role == "operator") return true;
    return (role == "viewer" && access == Access::Viewers) ||
           (role == "auditor" && access == Access::Auditors);
}

std::string rolesFor(Access access)
{
    if (access == Access::Viewers) return "viewer or operator";
    return access == Access::Auditors ? "auditor or operator" : "operator";
}

std::optional<std::string> segmentOf(std::string_view route, std::string_view path)
{
    const auto open = route.find('{');
    if (open == std::string_view::npos)
        return route == path ? std::optional<std::string>("") : std::nullopt;
    const auto tail = route.substr(route.find('}') + 1);
    if (path.size() <= open + tail.size() || path.substr(0, open) != route.substr(0, open) ||
        path.substr(path.size() - tail.size()) != tail)
        return std::nullopt;
    const auto segment = path.substr(open, path.size() - open - tail.size());
    if (segment.find('/') != std::string_view::npos) return std::nullopt;
    return std::string(segment);
}

} // namespace perennial::http
