#pragma once

#include "controller/enrollment/api/revocation_api.h"
#include "controller/enrollment/ces/certificate_service.h"
#include "controller/enrollment/templates/held_templates.h"
#include "shared/base/log.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server {

// What `perennial enrollment` asks; docs/enrollment_admin_api.md.
class AdminApi {
public:
    // With a relay requests are decided, and certificates revoked, at the other machine: null.
    AdminApi(EnrollmentStore& store, CertificateService* service, RevocationApi* revocation,
        const HeldTemplates& templates, const Clock& clock, const Log& log)
        : store_(store), service_(service), revocation_(revocation), templates_(templates),
          clock_(clock), log_(log)
    {
    }

    http::Answer answer(const http::Call& call);

private:
    http::Answer answerAs(const std::string& admin, const http::Call& call);
    http::Answer decide(const std::string& admin, const http::Call& call);

    EnrollmentStore& store_;
    CertificateService* service_;
    RevocationApi* revocation_;
    const HeldTemplates& templates_;
    const Clock& clock_;
    const Log& log_;
};

} // namespace perennial::enrollment::server
