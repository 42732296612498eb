#pragma once

#include "controller/enrollment/authentication/user_desk.h"
#include "shared/http/server/http_server.h"

#include <optional>

namespace perennial::enrollment::server {

// The part of the admin API about the file of users; docs/enrollment_admin_api.md.
class UserApi {
public:
    UserApi(HeldUsers& users, EnrollmentStore& store, const Clock& clock)
        : users_(users), desk_(users, store, clock)
    {
    }

    // Nothing when the path is not one of these. The caller has authenticated `admin`.
    std::optional<http::Answer> answer(const std::string& admin, const http::Call& call);

private:
    Json list() const;
    Result<Json> put(const std::string& admin, const std::string& name, const http::Call& call);

    const HeldUsers& users_;
    UserDesk desk_;
};

} // namespace perennial::enrollment::server
