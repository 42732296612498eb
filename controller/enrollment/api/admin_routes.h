#pragma once

#include "shared/http/server/api_roles.h"

#include <span>

namespace perennial::enrollment::server {

// Every call of the admin API, and whose tokens may make it; docs/enrollment_admin_api.md has the
// same list. What is not listed is not there.
struct AdminRoute {
    std::string_view method;
    std::string_view path; // one segment may be {...}
    http::Access access;
};
std::span<const AdminRoute> adminRoutes();
const AdminRoute* findAdminRoute(std::string_view method, std::string_view path); // or null

} // namespace perennial::enrollment::server
