#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace perennial::http {

// What a token of an API may do. An auditor reads the audit log and nothing else, a viewer
// everything but it, an operator does everything.
inline constexpr std::array<const char*, 3> apiRoles = {"viewer", "auditor", "operator"};

// Who may make a call; an operator may make each of them.
enum class Access { Everybody, Viewers, Auditors, Operators };

bool mayCall(std::string_view role, Access access);
std::string rolesFor(Access access); // "viewer or operator"

// The segment of `path` that stands for {...} in `route`, such as "/v1/agents/{agent_id}/revoke";
// "" when the route has none. Nothing when the path is another one. A segment is never empty and
// holds no slash.
std::optional<std::string> segmentOf(std::string_view route, std::string_view path);

} // namespace perennial::http
