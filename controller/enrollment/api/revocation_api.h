#pragma once

#include "controller/enrollment/publication/revocation_desk.h"
#include "shared/http/server/http_server.h"

#include <optional>

namespace perennial::enrollment::server {

// The part of the admin API about revocation and CRLs; docs/enrollment_admin_api.md.
class RevocationApi {
public:
    RevocationApi(RevocationDesk& desk, const Clock& clock) : desk_(desk), clock_(clock) {}

    // Nothing when the path is not one of these. The caller has authenticated `admin`.
    std::optional<http::Answer> answer(const std::string& admin, const http::Call& call);

private:
    Result<Json> revoke(const std::string& admin, const http::Call& call);
    Result<Json> publish(const std::string& admin, const http::Call& call);
    Json lists() const;

    RevocationDesk& desk_;
    const Clock& clock_;
};

} // namespace perennial::enrollment::server
