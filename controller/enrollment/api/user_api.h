#pragma once

#include "controller/enrollment/authentication/users.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/http/server/http_server.h"

#include <optional>

namespace perennial::enrollment::server {

// The part of the admin API about the file of users; docs/enrollment_admin_api.md. Who may ask for
// what is a right of the authority, so each change is an event with 4882 (permissions changed).
class UserApi {
public:
    UserApi(HeldUsers& users, EnrollmentStore& store, const Clock& clock)
        : users_(users), store_(store), clock_(clock)
    {
    }

    // Nothing when the path is not one of these. The caller has authenticated `admin`.
    std::optional<http::Answer> answer(const std::string& admin, const http::Call& call);

private:
    Json list() const;
    Result<Json> put(const std::string& admin, const std::string& name, const http::Call& call);
    Result<Json> remove(const std::string& admin, const std::string& name);
    Status tell(const std::string& kind, const std::string& admin, const std::string& name,
        const std::set<std::string>& groups);

    HeldUsers& users_;
    EnrollmentStore& store_;
    const Clock& clock_;
};

} // namespace perennial::enrollment::server
