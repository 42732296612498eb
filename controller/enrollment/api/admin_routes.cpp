#include "controller/enrollment/api/admin_routes.h"

namespace perennial::enrollment::server {

std::span<const AdminRoute> adminRoutes()
{
    using http::Access;
    static constexpr std::array all = {
        AdminRoute{"GET", "/healthz", Access::Everybody},
        AdminRoute{"GET", "/metrics", Access::Viewers},
        AdminRoute{"GET", "/v1/requests", Access::Viewers},
        AdminRoute{"GET", "/v1/certificates", Access::Viewers},
        AdminRoute{"GET", "/v1/crl", Access::Viewers},
        AdminRoute{"GET", "/v1/templates", Access::Viewers},
        AdminRoute{"GET", "/v1/events", Access::Auditors},
        AdminRoute{"GET", "/v1/users", Access::Viewers},
        AdminRoute{"POST", "/v1/requests/{id}/approve", Access::Operators},
        AdminRoute{"POST", "/v1/requests/{id}/deny", Access::Operators},
        AdminRoute{"POST", "/v1/certificates/{serial}/revoke", Access::Operators},
        AdminRoute{"POST", "/v1/crl/publish", Access::Operators},
        AdminRoute{"POST", "/v1/users/{name}", Access::Operators},
        AdminRoute{"POST", "/v1/users/{name}/remove", Access::Operators},
        AdminRoute{"POST", "/v1/issue-test", Access::Operators},
    };
    return all;
}

const AdminRoute* findAdminRoute(std::string_view method, std::string_view path)
{
    for (const auto& route : adminRoutes()) {
        if (route.method == method && http::segmentOf(route.path, path)) return &route;
    }
    return nullptr;
}

} // namespace perennial::enrollment::server
