#pragma once

#include "controller/enrollment/ces/certificate_service.h"
#include "shared/base/log.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server {

// What `perennial enrollment` asks; docs/enrollment_admin_api.md.
class AdminApi {
public:
    AdminApi(
        EnrollmentStore& store, CertificateService& service, const Clock& clock, const Log& log)
        : store_(store), service_(service), clock_(clock), log_(log)
    {
    }

    http::Answer answer(const http::Call& call);

private:
    http::Answer answerAs(const std::string& admin, const http::Call& call);
    http::Answer decide(const std::string& admin, const http::Call& call);

    EnrollmentStore& store_;
    CertificateService& service_;
    const Clock& clock_;
    const Log& log_;
};

} // namespace perennial::enrollment::server
