#pragma once

#include "controller/enrollment/api/admin_routes.h"
#include "controller/enrollment/api/revocation_api.h"
#include "controller/enrollment/api/service_metrics.h"
#include "controller/enrollment/api/test_certificate_api.h"
#include "controller/enrollment/api/user_api.h"
#include "controller/enrollment/ces/certificate_service.h"
#include "controller/enrollment/templates/held_templates.h"
#include "shared/base/log.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server {

// What `perennial enrollment` asks; docs/enrollment_admin_api.md.
class AdminApi {
public:
    struct Parts {
        EnrollmentStore& store;
        const HeldTemplates& templates;
        HeldUsers& users;
        const ServiceMetrics& metrics;
        const Clock& clock;
        const Log& log;
        // Null with a relay: requests are decided, and certificates issued and revoked, at the
        // other machine.
        CertificateService* service = nullptr;
        RevocationApi* revocation = nullptr;
        IssuingAuthority* authority = nullptr;
    };
    explicit AdminApi(const Parts& parts);

    http::Answer answer(const http::Call& call);

private:
    http::Answer refuse(
        const EnrollmentStore::Admin& admin, http::Access access, const http::Call& call);
    http::Answer answerAs(const std::string& admin, const http::Call& call);
    http::Answer list(const http::Call& call);
    http::Answer decide(const std::string& admin, const http::Call& call);

    Parts parts_;
    UserApi users_;
    std::optional<TestCertificateApi> tests_;
};

} // namespace perennial::enrollment::server
